/* A row of the table and its box are shown together: by mouse, touch and keyboard. */
() => {
  const image = () => document.querySelector('#drawn img');
  const rows = () => [...document.querySelectorAll('#table tr[data-box]')];
  const boxOf = (row) => row.dataset.box.split(' ').map(Number);

  function leave() {
    document.getElementById('looked-at')?.remove();
    rows().forEach((row) => row.classList.remove('looked-at'));
  }

  function look(row) {
    leave();
    row.classList.add('looked-at');
    const img = image();
    if (!img || !img.naturalWidth) return;
    const [x1, y1, x2, y2] = boxOf(row);
    const { scale, left, top } = placeOf(img);
    const frame = document.createElement('div');
    frame.id = 'looked-at';
    const parent = img.parentElement;
    if (getComputedStyle(parent).position === 'static') parent.style.position = 'relative';
    Object.assign(frame.style, {
      left: `${img.offsetLeft + left + scale * x1}px`,
      top: `${img.offsetTop + top + scale * y1}px`,
      width: `${scale * (x2 - x1)}px`,
      height: `${scale * (y2 - y1)}px`,
    });
    parent.append(frame);
  }

  // The smallest box under the pointer: of nested ones the inner can be reached.
  function rowAt(event) {
    const [x, y] = pixelAt(event, image());
    const area = ([x1, y1, x2, y2]) => (x2 - x1) * (y2 - y1);
    return rows()
      .filter((row) => {
        const [x1, y1, x2, y2] = boxOf(row);
        return x1 <= x && x <= x2 && y1 <= y && y <= y2;
      })
      .sort((a, b) => area(boxOf(a)) - area(boxOf(b)))[0];
  }

  function follow(event) {
    const row = event.target.closest?.('#table tr[data-box]');
    if (row) return look(row);
    if (!event.target.closest?.('#drawn img')) return leave();
    const found = rowAt(event);
    if (!found) return leave();
    look(found);
    const list = document.getElementById('table');
    const top = found.offsetTop;
    if (top < list.scrollTop || top + found.offsetHeight > list.scrollTop + list.clientHeight) {
      list.scrollTop = top - list.clientHeight / 2;
    }
  }

  for (const kind of ['pointermove', 'pointerdown', 'focusin']) {
    document.addEventListener(kind, follow);
  }
}
