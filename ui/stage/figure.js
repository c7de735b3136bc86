// A figure that is drawn again in place: it keeps its size, its zoom and its focus while its data grow.

const figures = (window.gradientDescentFigures ??= new WeakMap());

async function plotly(chunk) {
  // A chart elsewhere on the page may have loaded it.
  if (!window.Plotly) await import(new URL(`./static/js/${chunk}`, document.baseURI).href);
  return window.Plotly;
}

// A finger must be able to scroll the page past a plot.
const coarse = () => window.matchMedia('(pointer: coarse)').matches;

async function draw(one) {
  if (one.drawing) return;
  one.drawing = true;
  try {
    const library = await plotly(one.data.plotly);
    while (one.data !== one.shown && !one.gone) {
      const { figure, config } = (one.shown = one.data);
      const { data, layout } = JSON.parse(figure);
      layout.font = { ...layout.font, family: getComputedStyle(one.gd).fontFamily };
      layout.autosize = true;
      if (coarse()) layout.dragmode = false;
      // Where nothing hovers, Plotly's tools would always lie over the names.
      const tools = coarse() ? { displayModeBar: false } : {};
      await library.react(one.gd, data, layout, { ...config, ...tools, responsive: false });
    }
  } finally {
    one.drawing = false;
  }
}

export default function ({ data, parentElement }) {
  let one = figures.get(parentElement);
  if (!one) {
    const gd = document.createElement('div');
    gd.className = 'gd-figure';
    gd.style.cssText = 'width: 100%; height: 100%; touch-action: pan-y pinch-zoom';
    gd.setAttribute('role', 'figure');
    parentElement.style.height = '100%';
    parentElement.append(gd);
    const size = new ResizeObserver(() => {
      if (gd._fullLayout && gd.clientWidth) one.resizing = window.Plotly.Plots.resize(gd).catch(() => {});
    });
    size.observe(parentElement);
    one = { gd, size };
    figures.set(parentElement, one);
  }
  one.data = data;
  one.gone = false;
  one.gd.setAttribute('aria-label', data.alt);
  one.gd.style.height = `${data.height}px`;
  if (!one.drawing) one.drawn = draw(one);
  return () => {
    one.gone = true;
    one.size.disconnect();
    one.gd.remove();
    figures.delete(parentElement);
    // What Plotly has begun looks at the figure until it has ended.
    Promise.allSettled([one.drawn, one.resizing]).then(() => window.Plotly?.purge(one.gd));
  };
}
