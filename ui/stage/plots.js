// Plots: Plotly figures made in Python, drawn with Plotly.react under the canvas.

import { digits } from './numbers.js';
import { channel } from './tracks.js';

// Plotly's tools that have no use here, and those that would take a finger's drag from the page.
const NO_BUTTONS = ['select2d', 'lasso2d', 'autoScale2d', 'toggleSpikelines', 'resetCameraLastSave3d'];
const NO_TOUCH_BUTTONS = ['toImage', 'zoom2d', 'pan2d', 'zoom3d', 'pan3d', 'tableRotation'];
// The largest share of a view's width that names beside curves may take.
const MARGIN = 0.34;
// Heights of a letter, as a share of its plot's, that a title of one letter may have.
const UPRIGHT = 1.85;

// Streamlit ships plotly.js as a chunk that sets window.Plotly; a chart elsewhere on the page may have loaded it.
export async function loadPlotly(chunk) {
  if (!window.Plotly) await import(new URL(`./static/js/${chunk}`, document.baseURI).href);
  return window.Plotly;
}

// Figures name colours by tokens; the visitor's theme gives them a value.
export function figureOf(text, palette) {
  return JSON.parse(text, (_, value) => (typeof value === 'string' ? palette[value] ?? value : value));
}

// What Plotly may be given of a coordinate: values far beyond the view, or none, become gaps.
function within(values, range) {
  const reach = 3 * Math.abs(range[1] - range[0]);
  const [low, high] = [Math.min(...range) - reach, Math.max(...range) + reach];
  return Array.from(values, (value) => (value >= low && value <= high ? value : null));
}

// The paths as lines that can be pointed at and are not seen: the canvas draws them, but for those that are `hidden`.
export function tracesOf(view, tracks, hidden, minimum, layout) {
  return view.traces.filter(({ track }) => !hidden.has(tracks[track].key)).map(({ track, x, y, style }) => {
    const values = (name, axis) => {
      const numbers = channel(tracks[track], name, minimum);
      return layout[axis].type === 'log' ? Array.from(numbers, (value) => Math.max(value, view.floor))
        : within(numbers, layout[axis].range);
    };
    return {
      ...style, x: values(x, 'xaxis'), y: values(y, 'yaxis'),
      text: Array.from(channel(tracks[track], 'loss', minimum), (loss, step) => `step ${digits(step)}<br>loss ${digits(loss)}`),
    };
  });
}

export function layoutOf(layout, width, height, colors, coarse, scale) {
  layout.font = { ...layout.font, family: colors.font, size: layout.font.size * scale };
  layout.autosize = true;
  const clear = 'rgba(0,0,0,0)';
  layout.modebar = { bgcolor: clear, color: colors.quiet, activecolor: colors.text };
  layout.margin.r = Math.min(layout.margin.r * scale, Math.max(14, MARGIN * width));
  if (scale > 1) {
    layout.margin.l *= scale;
    layout.margin.b *= scale;
    for (const axis of [layout.xaxis, layout.yaxis]) {
      if (!axis) continue;
      if (axis.tickfont) axis.tickfont.size *= scale;
      if (axis.title?.font) axis.title.font.size *= scale;
      if (axis.title?.text) axis.title.text = axis.title.text.replace(/font-size:([\d.]+)px/, (_, size) => `font-size:${size * scale}px`);
    }
    // What stands upright must fit into the height, a letter being about half as wide as it is high.
    const { font, text } = layout.yaxis?.title ?? {};
    if (font && text) font.size = Math.min(font.size, (UPRIGHT * height) / text.replace(/<[^>]*>/g, '').length);
    for (const note of layout.annotations ?? []) {
      if (note.font?.size) note.font.size *= scale;
      if (note.yshift) note.yshift *= scale;
    }
  }
  // A finger must be able to scroll the page past a plot.
  if (coarse) {
    layout.dragmode = false;
    if (layout.scene) layout.scene.dragmode = false;
    // Plotly's tools are always in sight there, so they need a place of their own.
    layout.margin.t = Math.max(layout.margin.t, 32);
  }
  return layout;
}

// What sets a figure back to the ranges, or the camera, that it was made with.
export function homeOf({ xaxis, yaxis, scene }) {
  if (scene) return { 'scene.camera': structuredClone(scene.camera) };
  return { 'xaxis.range': [...xaxis.range], 'yaxis.range': [...yaxis.range] };
}

export function configOf(coarse) {
  return {
    displaylogo: false, scrollZoom: false, responsive: false, doubleClick: 'reset', showSendToCloud: false,
    modeBarButtonsToRemove: coarse ? [...NO_BUTTONS, ...NO_TOUCH_BUTTONS] : NO_BUTTONS,
  };
}
