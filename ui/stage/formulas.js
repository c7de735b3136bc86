// Formulas: LaTeX set by the KaTeX that Streamlit ships, which is a plug-in that writes it into a tree of HTML ("hast").

const loaded = new Map();

// A property of such a tree as the attribute that it stands for.
export function attributeOf(name) {
  if (name === 'className') return 'class';
  return /^(aria|data)[A-Z]/.test(name) ? name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`) : name;
}

// The namespace of an element with this name where `outer` is that of its parent.
function spaceOf(name, outer) {
  if (name !== 'math' && name !== 'svg') return outer;
  const holder = document.createElement('span');
  // Only the HTML parser knows it without being told.
  holder.innerHTML = `<${name}></${name}>`;
  return holder.firstChild.namespaceURI;
}

function domOf({ type, value, tagName, properties, children }, outer) {
  if (type === 'text') return document.createTextNode(value);
  const space = spaceOf(tagName, outer);
  const made = document.createElementNS(space, tagName);
  for (const [name, some] of Object.entries(properties)) made.setAttribute(attributeOf(name), [some].flat().join(' '));
  made.append(...children.map((child) => domOf(child, space)));
  return made;
}

// What makes an element of LaTeX, once it is here; its style sheet and fonts are part of every page.
export function loadFormulas(chunk) {
  if (!loaded.has(chunk)) loaded.set(chunk, import(new URL(`./static/js/${chunk}`, document.baseURI).href));
  return loaded.get(chunk).then(({ default: plugin }) => {
    const set = plugin({ strict: false, trust: ({ command }) => command === '\\htmlData' });
    return (text) => {
      const value = `\\displaystyle ${text}`;
      const math = { type: 'element', tagName: 'span', properties: { className: ['math-inline'] }, children: [{ type: 'text', value }] };
      const root = { type: 'root', children: [math] };
      set(root, { message: console.error });
      return domOf(root.children[0], document.documentElement.namespaceURI);
    };
  });
}
