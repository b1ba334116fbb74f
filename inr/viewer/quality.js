// How near the field is to its reference: PSNR of pictures on [0, 1], SNR of sounds on the waveform.

/** 10 log10 of a ratio of powers, as text. */
function decibels(name, top, bottom) {
  if (bottom === 0) return `${name}: exact`;
  if (top === 0) return `${name}: undefined (silence)`;
  return `${name}: ${(10 * Math.log10(top / bottom)).toFixed(2)} dB`;
}

/** PSNR of the whole picture, rounded to its depth; a generator of the text. */
function* pictureQuality(js, reference) {
  const { header } = js.file;
  const [rows, columns] = header.shape;
  const top = 2 ** reference.bits - 1;
  const x = line(1 / columns - 1, 2 / columns, 0, columns);
  let sum = 0;
  for (let row = 0; row < rows; row += 16) {
    const values = yield* js.values([line(1 / rows - 1, 2 / rows, row, Math.min(rows, row + 16)), x]);
    const start = row * columns * header.channels;
    for (let i = 0; i < values.length; i++) {
      sum += (onLevels(values[i], header.bits) - reference.deep[start + i] / top) ** 2;
    }
  }
  return decibels("PSNR", rows * columns * header.channels, sum);
}

/** SNR of decoded samples, rounded to their format; all channels together. */
function soundQuality(header, decoded, reference) {
  let signal = 0;
  let error = 0;
  reference.channels.forEach((want, c) => {
    for (let i = 0; i < want.length; i++) {
      signal += want[i] ** 2;
      error += (want[i] - onSoundLevels(decoded[c][i], header.mode, header.bits)) ** 2;
    }
  });
  return decibels("SNR", signal, error);
}
