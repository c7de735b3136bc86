// The clock of a stage: which step it shows, between steps while it plays.

const RUN_SECONDS = 8;
const SLOWEST = 4;

export class Clock {
  t = 0;
  playing = false;
  loop = false;
  speed = 1;

  constructor(steps) {
    this.steps = steps;
  }

  get atEnd() {
    return this.t >= this.steps;
  }

  // Another number of steps; a clock at the end stays there.
  lasts(steps) {
    this.t = this.atEnd ? steps : Math.min(this.t, steps);
    this.steps = steps;
  }

  seek(step) {
    this.playing = false;
    this.t = Math.min(Math.max(step, 0), this.steps);
  }

  // Starts or stops; from the end it starts anew.
  toggle() {
    if (!this.playing && this.atEnd) this.t = 0;
    this.playing = !this.playing;
    if (!this.playing) this.t = Math.floor(this.t);
  }

  // Goes on for some seconds; true if it has come to its end.
  run(seconds) {
    this.t += Math.min(seconds, 0.1) * Math.max(SLOWEST, this.steps / RUN_SECONDS) * this.speed;
    if (!this.atEnd) return false;
    if (this.loop) {
      this.t = 0;
      return false;
    }
    this.t = this.steps;
    this.playing = false;
    return true;
  }
}
