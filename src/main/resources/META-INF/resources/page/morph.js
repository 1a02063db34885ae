// Updates a DOM tree to match another one without touching equal parts, which keeps focus, scroll positions, selections and
// open dialogs.

/** Updates attributes and children of `from` to match `to`. Skips elements with `data-keep`. */
export function morph(from, to) {
  if (from.nodeType !== Node.ELEMENT_NODE) {
    if (from.nodeValue !== to.nodeValue) {
      from.nodeValue = to.nodeValue;
    }
    return;
  }
  if (from.hasAttribute('data-keep')) {
    return;
  }
  morphAttributes(from, to);
  morphChildren(from, to);
}

function morphAttributes(from, to) {
  for (const { name } of [...from.attributes]) {
    if (!to.hasAttribute(name) && !isClientState(from, name)) {
      from.removeAttribute(name);
    }
  }
  for (const { name, value } of to.attributes) {
    if (from.getAttribute(name) !== value) {
      from.setAttribute(name, value);
      if (name === 'value' && from.localName === 'input' && from !== document.activeElement) {
        from.value = value;
      }
    }
  }
}

/** Whether the browser or a script sets this attribute, and the server never sends it. */
function isClientState(element, name) {
  return (element.localName === 'dialog' && name === 'open') || name === 'data-offline'
    || (name === 'disabled' && (element.localName === 'button' || 'offline' in element.dataset));
}

function morphChildren(from, to) {
  const wanted = new Set([...to.children].map((child) => child.id).filter(Boolean));
  let next = from.firstChild;
  for (const child of [...to.childNodes]) {
    // remove old elements first, so that the others need not be moved
    while (next && next.id && next.id !== child.id && !wanted.has(next.id)) {
      next = removed(next);
    }
    const known = child.id ? [...from.children].find((other) => other.id === child.id) : null;
    const same = known ?? (next && isLike(next, child) ? next : null);
    if (!same) {
      from.insertBefore(document.importNode(child, true), next);
      continue;
    }
    while (known && next && next !== known && !wanted.has(next.id)) {
      next = removed(next); // moving an element could lose the focus
    }
    if (same === next) {
      next = next.nextSibling;
    } else {
      from.insertBefore(same, next);
    }
    morph(same, child);
  }
  while (next) {
    next = removed(next);
  }
}

function removed(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}

function isLike(one, other) {
  return one.nodeType === other.nodeType && one.nodeName === other.nodeName && !one.id && !other.id;
}
