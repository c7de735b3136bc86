// Story: the buttons that lead through a story, and the clock that turns its pages while it plays.

const PAGE = 12000; // Milliseconds: a race lasts eight seconds, and a sentence has to be read.
const states = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  const [back, play, next] = parentElement.querySelectorAll("button");
  const where = parentElement.querySelector("span");
  const state = states.get(parentElement) ?? { at: -1, playing: false, timer: 0 };
  states.set(parentElement, state);
  const last = data.of - 1;
  const go = (at) => setTriggerValue("go", at);
  const wait = () => {
    clearTimeout(state.timer);
    // Nobody reads in a tab that is not seen.
    state.timer = setTimeout(() => (document.hidden ? wait() : state.go(state.at + 1)), PAGE);
  };
  const show = () => {
    play.textContent = state.playing ? "Pause the story" : state.at < last ? "Play the story" : "Play it again";
    back.disabled = state.at <= 0;
    next.disabled = state.at >= last;
    where.textContent = `${state.at + 1} of ${data.of}`;
  };
  const halt = () => {
    state.playing = false;
    clearTimeout(state.timer);
  };
  state.go = go;
  play.onclick = () => {
    if (state.playing) halt();
    else {
      state.playing = true;
      if (state.at >= last) go(0);
      wait();
    }
    show();
  };
  back.onclick = () => go(state.at - 1);
  next.onclick = () => go(state.at + 1);
  parentElement.querySelector("div").onkeydown = ({ key }) => {
    if (key === "ArrowLeft" && state.at > 0) go(state.at - 1);
    if (key === "ArrowRight" && state.at < last) go(state.at + 1);
  };
  // The page is drawn for other reasons too, which do not turn it.
  if (state.at !== data.at) {
    state.at = data.at;
    if (state.at >= last) halt();
    else if (state.playing) wait();
  }
  show();
  return () => {
    halt();
    states.delete(parentElement);
  };
}
