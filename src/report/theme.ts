/** Colours and type of pages and pictures, light and dark. Text has a contrast of at least 4.5 to its ground, lines of at least 3. */

/** how many colours of series there are; further series repeat them with another dash */
export const seriesColours = 7

/** [name, light, dark] */
const colours = [
  ['ink', '#1c1c1e', '#ececee'],
  ['soft', '#55555c', '#b4b4bc'],
  ['grid', '#dcdce0', '#3a3a42'],
  ['paper', '#ffffff', '#17171b'],
  ['card', '#f6f6f8', '#202026'],
  ['link', '#0a55a8', '#7ab8ff'],
  ['s0', '#0b62a8', '#5cb3f0'],
  ['s1', '#b34700', '#f2994a'],
  ['s2', '#00785a', '#34c49a'],
  ['s3', '#a3327a', '#ea8cc2'],
  ['s4', '#6247b5', '#b09cf2'],
  ['s5', '#806300', '#d9bb3a'],
  ['s6', '#4a4a50', '#c4c4ca']
] as const
const variables = (which: 1 | 2): string => colours.map(c => `--${c[0]}:${c[which]}`).join(';')

/** the variables of a selector, by what the reader's system prefers */
const scheme = (selector: string): string =>
  `${selector}{color-scheme:light dark;${variables(1)}}@media (prefers-color-scheme:dark){${selector}{${variables(2)}}}`

const series = Array.from(
  { length: seriesColours },
  (_, i) => `.gf .l${i}{stroke:var(--s${i})}.gf .f${i}{fill:var(--s${i})}`
).join('')

/** rules of pictures: `l0` strokes in the colour of series 0, `f0` fills in it */
const picture = [
  '.gf{font:12px system-ui,-apple-system,"Segoe UI",sans-serif;background:var(--paper)}',
  '.gf text{fill:var(--ink)}.gf .soft{fill:var(--soft)}.gf .head{font-weight:600}.gf .r{text-anchor:end}.gf .c{text-anchor:middle}',
  '.gf .grid{stroke:var(--grid);fill:none}.gf .axis{stroke:var(--soft);fill:none}.gf .mark{stroke:var(--soft);fill:none;stroke-dasharray:2 3}',
  '.gf .line{fill:none;stroke-width:1.75;stroke-linejoin:round}.gf .faint{opacity:.4;stroke-width:1}.gf .band{opacity:.22;stroke:none}',
  '.gf .ring{fill:none;stroke:var(--ink);stroke-width:1.5}.gf .box{fill:var(--card);stroke:var(--soft)}.gf .onpaper{fill:var(--paper)}',
  series
].join('')

/** the style of a picture that is a file by itself */
export const pictureStyle = `${scheme('.gf')}${picture}`

/** the style of a page, pictures in it included */
export const pageStyle = [
  scheme(':root'),
  picture,
  'body{margin:0 auto;padding:1.5rem;max-width:76rem;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}',
  'a{color:var(--link)}h1{font-size:1.6rem;margin:.2em 0;overflow-wrap:anywhere}h2{font-size:1.2rem;margin:2em 0 .5em;border-bottom:1px solid var(--grid);padding-bottom:.2em}h3{font-size:1rem;margin:1.2em 0 .4em}',
  'nav ul{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:.2em 1.2em}p,li,dd{max-width:60em}.soft,figcaption,caption{color:var(--soft)}',
  '.row{display:flex;flex-wrap:wrap;gap:1rem;align-items:flex-start}figure{margin:0 0 1rem}figure svg{max-width:100%;height:auto;display:block}figcaption{font-size:.85rem;max-width:46em}',
  '.scroll{overflow-x:auto}table{border-collapse:collapse;font-size:.88rem;font-variant-numeric:tabular-nums}caption{text-align:left;padding:.3em 0}',
  'th,td{border-bottom:1px solid var(--grid);padding:.22em .7em;text-align:right}th:first-child,td:first-child,.left th,.left td{text-align:left}thead th{border-bottom:2px solid var(--soft)}tr.best td,tr.best th{font-weight:700;background:var(--card)}',
  'pre{background:var(--card);padding:1em;overflow-x:auto;font-size:.82rem}code{overflow-wrap:anywhere}dl{display:grid;grid-template-columns:max-content 1fr;gap:.15em 1.2em}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}',
  'math{font-size:1.05em}.formula{margin:.45em 0;overflow-x:auto;overflow-y:hidden}.note{background:var(--card);border-left:4px solid var(--s1);padding:.6em 1em}summary{cursor:pointer;color:var(--link)}',
  ':focus-visible{outline:2px solid var(--link);outline-offset:2px}@media print{details{display:none}}'
].join('')
