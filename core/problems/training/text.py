"""The short text that the character model reads, written for this purpose."""

TEXT = """\
the walker and the fog

a walker stood on a hill in the fog. she could not see the valley, and she could not see the road. she could only feel \
the ground under her feet. so she felt where the ground went down, and she took a step that way. then she felt again, \
and she took a step again. step by step she went down the hill.

when the hill was steep, she took a long step. when the hill was flat, she took a short step. this was the whole of \
her rule, and it was a good rule, for the ground itself told her how far to go. but in a narrow valley the rule was \
slow. she went from wall to wall and back again, left and right and left and right, and she hardly went down at all.

then the walker took a heavy ball and let it roll. the ball did not turn at once when the ground turned. it kept a \
part of its way from before, and so the steps from wall to wall took each other away, and the steps along the valley \
added up. the ball was fast, but it was too fast to stop. it rolled past the lowest place, and up the other side, and \
it had to come back again.

a friend of the walker kept a book. for each direction he wrote down how steep the ground had been. where the ground \
was often steep, he took a short step. where the ground was hardly ever steep, he took a long step. so each direction \
had a step of its own. but the book grew and grew, and the steps grew short and shorter, until the friend stood still.

another friend had a book as well, but she let the old pages fade. what was long ago counted less, and what was new \
counted more. her steps did not grow short, and she went on and on. she took the heavy ball and the fading book \
together, and she mended both for the first pages, which were nearly empty. many people walked with her after that.

in the morning the fog was thin, and the walker saw the valley. there was not one lowest place. there were many low \
places, and between them there were saddles, where the ground went up on two sides and down on two sides. on a saddle \
the ground was flat, and it was easy to think that the walk was over. but a small push was enough, and the walk went \
on.

some of the low places were narrow and some of them were wide. in a narrow place a small step was a large change, and \
in a wide place a small step was no change at all. the walker liked the wide places better. if the ground moved a \
little in the night, a wide place was still a low place in the morning.

how long should a step be? if the step is too long, the walker jumps from wall to wall, and each jump is higher than \
the one before. if the step is too short, the night comes before the valley does. so the walker began with small \
steps, made them long, and then made them small again at the end of the day. the long steps found the valley, and the \
small steps found the lowest place in it.

this is all there is to it. feel the ground, take a step, and feel the ground again. the ground does not tell you \
where the valley is. it only tells you which way is down from here. that is not much, but it is enough, if you do it \
again and again and again.
"""
