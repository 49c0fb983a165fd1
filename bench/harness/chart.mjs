import { formatFigure } from './format-figure.mjs';

const WIDTH = 840;
const LABELS = 350;
const BARS = 410;
const ROW = 22;
const BAR = 12;
/** Beyond it a bar is cut off, and its figure tells. */
const FARTHEST = 3;
const LINE_LENGTH = 100;

// Of a contrast of 4 and more to white and to black alike: a chart has no background of its own.
const TEXT = '#6e7781';
const OTHERS = '#8c959f';
const OURS = '#e8590c';

/** A result as a bar chart in SVG: the ratio to the floor, or else its first measure. */
export function drawChart({ name, title, floor, measures, contestants }, caption) {
  const measure = measures.find(({ key }) => key === 'ratio') ?? measures[0];
  const shown = contestants.filter(({ figures }) => figures[measure.key] !== undefined);
  const scale = scaleOf(
    shown.map(({ figures }) => figures[measure.key].max),
    measure,
  );
  const head = [...wrap(title), subtitleOf(measure)];
  const top = 20 + head.length * 18;
  const bottom = top + shown.length * ROW;
  const foot = wrap(caption, 125);
  const rows = shown.map(({ name: contestant, figures }, row) =>
    drawRow({
      contestant,
      floor,
      figure: figures[measure.key],
      measure,
      scale,
      y: top + row * ROW,
    }),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${bottom + 16 + foot.length * 14}" role="img"` +
      ` font-family="system-ui, sans-serif" font-size="12" fill="${TEXT}">`,
    `<title>${escape(`${name}: ${title}`)}</title>`,
    ...head.map((line, at) => text({ x: 8, y: 20 + at * 18, line, bold: at < head.length - 1 })),
    ...rows,
    ...(measure.key === 'ratio' ? [floorLine(scale, top, bottom)] : []),
    ...foot.map((line, at) => text({ x: 8, y: bottom + 20 + at * 14, line, size: 10 })),
    '</svg>\n',
  ].join('\n');
}

/** From a figure to a position, and whether it is beyond the end. */
function scaleOf(values, { key }) {
  const largest = Math.max(...values);
  const end = key === 'ratio' ? Math.min(FARTHEST, Math.max(1.1, largest)) : largest || 1;
  return { end, at: (value) => LABELS + (Math.min(value, end) / end) * BARS };
}

function drawRow({ contestant, floor, figure, measure, scale, y }) {
  const { median, min, max } = figure;
  const middle = y + ROW / 2;
  const label = contestant + (contestant === floor ? ' (floor)' : '');
  const ours = contestant.startsWith('nestjs-cache-tier');
  const fill = ours ? OURS : OTHERS;
  const end = scale.at(median);
  const spread =
    min === max
      ? ''
      : `<path d="M${round(scale.at(min))} ${middle}H${round(scale.at(max))}" stroke="${TEXT}" stroke-width="1"/>`;
  return [
    text({ x: LABELS - 8, y: middle + 4, line: label, anchor: 'end', bold: ours }),
    `<rect x="${LABELS}" y="${middle - BAR / 2}" width="${round(Math.max(1, end - LABELS))}" height="${BAR}" fill="${fill}"/>`,
    spread,
    ...(median > scale.end ? [text({ x: end + 1, y: middle + 4, line: '›', bold: ours })] : []),
    text({
      x: WIDTH - 8,
      y: middle + 4,
      line: formatFigure(median, measure.unit),
      anchor: 'end',
      bold: ours,
    }),
  ].join('');
}

function floorLine(scale, top, bottom) {
  const x = round(scale.at(1));
  return `<path d="M${x} ${top - 2}V${bottom + 2}" stroke="${TEXT}" stroke-width="1.5" stroke-dasharray="4 3"/>`;
}

function subtitleOf({ key, title, unit, better }) {
  const what = key === 'ratio' ? 'Ratio to the floor in the same round' : `${title}, ${unit}`;
  return `${what}: median, with lowest and highest; ${better} is better`;
}

function text({ x, y, line, anchor = 'start', bold = false, size = 12 }) {
  const weight = bold ? ' font-weight="600"' : '';
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" font-size="${size}"${weight}>${escape(line)}</text>`;
}

function wrap(words, length = LINE_LENGTH) {
  const lines = [''];
  for (const word of words.split(' ')) {
    if (lines.at(-1).length + word.length + 1 > length) lines.push('');
    lines.push(`${lines.pop()} ${word}`.trim());
  }
  return lines;
}

function round(number) {
  return Number(number.toFixed(1));
}

function escape(words) {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
