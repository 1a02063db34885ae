// Makes one tree like another and leaves alone what is the same: focus, scroll places, selections and open dialogs stay.

/** Makes the children and attributes of `from` those of `to`. What has `data-keep` is not looked into. */
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
    if (!to.hasAttribute(name) && !isReaders(from, name)) {
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

/** Set by scripts or by the browser on behalf of the reader, and never sent by the server. */
function isReaders(element, name) {
  return (element.localName === 'dialog' && name === 'open') || (element.localName === 'button' && name === 'disabled');
}

function morphChildren(from, to) {
  const wanted = new Set([...to.children].map((child) => child.id).filter(Boolean));
  let next = from.firstChild;
  for (const child of [...to.childNodes]) {
    // what is gone goes first, so that the rest need not move
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
      next = removed(next); // rather than moving what may have the focus
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
