// Living: the stage in a file of its own, without a server. It is mounted with the parts that the file carries, and no
// one answers it: what a hand sets stands (`alone` in its data).

import { Plots, purge, react, relayout } from './drawing.js';
import { enter } from './stage.js';

// What an element of the file holds, which is compressed and written as base64.
async function held({ textContent }) {
  const packed = Uint8Array.from(atob(textContent), (letter) => letter.charCodeAt(0));
  const plain = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(plain).arrayBuffer());
}

// Puts the stage into the element `parentElement` of the page, in the place of what stands there.
export async function begin(parentElement) {
  window.Plotly = { Plots, purge, react, relayout };
  enter();
  const parts = await Promise.all([...document.querySelectorAll('script[type="application/gzip"]')].map(held));
  const mount = () => {
    for (const data of parts) window.gradientDescentStage.mount({ data, parentElement, setTriggerValue() {} });
  };
  parentElement.replaceChildren();
  mount();
  // In other colours.
  window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', mount);
}
