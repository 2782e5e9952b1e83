/* A box that is drawn on the example image is written into its field. */
() => {
  const image = () => document.querySelector('#example img');
  const field = () => document.querySelector('#example_box textarea, #example_box input');
  let start = null;

  // A pointer that left the image is at its edge.
  function cornerAt(event) {
    const img = image();
    const most = [img.naturalWidth, img.naturalHeight];
    return pixelAt(event, img).map((at, axis) =>
      Math.round(Math.min(Math.max(at, 0), most[axis]))
    );
  }

  function show(one, other) {
    const img = image();
    const edge = img.getBoundingClientRect();
    let frame = document.getElementById('drawn_box');
    if (!frame) {
      frame = document.createElement('div');
      frame.id = 'drawn_box';
      document.body.append(frame);
    }
    Object.assign(frame.style, {
      left: `${Math.max(Math.min(one.clientX, other.clientX), edge.left) + scrollX}px`,
      top: `${Math.max(Math.min(one.clientY, other.clientY), edge.top) + scrollY}px`,
      width: `${Math.abs(one.clientX - other.clientX)}px`,
      height: `${Math.abs(one.clientY - other.clientY)}px`,
    });
  }

  function write([x1, y1], [x2, y2]) {
    const box = [Math.min(x1, x2), Math.min(y1, y2), Math.max(x1, x2), Math.max(y1, y2)];
    field().value = box.join(', ');
    field().dispatchEvent(new Event('input', { bubbles: true }));
  }

  document.addEventListener('pointerdown', (event) => {
    if (event.target !== image()) return;
    event.preventDefault();
    start = event;
  });
  document.addEventListener('pointermove', (event) => {
    if (start && image()) show(start, event);
  });
  document.addEventListener('pointerup', (event) => {
    if (start && image()) write(cornerAt(start), cornerAt(event));
    start = null;
  });
  document.addEventListener('dragstart', (event) => {
    if (event.target === image()) event.preventDefault();
  });
}
