/* Where the pixels of an image are within its element (object-fit). */
function placeOf(img) {
  const { naturalWidth: width, naturalHeight: height } = img;
  let scale = Math.min(img.clientWidth / width, img.clientHeight / height);
  if (getComputedStyle(img).objectFit === 'scale-down') scale = Math.min(scale, 1);
  return {
    scale,
    left: (img.clientWidth - scale * width) / 2,
    top: (img.clientHeight - scale * height) / 2,
  };
}

// The image's pixel under the pointer; outside the image it lies beyond its edge.
function pixelAt(event, img) {
  const { scale, left, top } = placeOf(img);
  const edge = img.getBoundingClientRect();
  return [
    (event.clientX - edge.left - left) / scale,
    (event.clientY - edge.top - top) / scale,
  ];
}
