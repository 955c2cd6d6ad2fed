/**
 * The door `gradfold/report`: pages and pictures as strings. Pure functions; the same input gives the same bytes.
 */
export {
  barChart,
  countTable,
  histogram,
  type Bar,
  type BarChart,
  type CountTable,
  type Histogram
} from './report/bar.js'
export { compareHtml, type ComparedRun } from './report/compare.js'
export { modelDiagram, modelMermaid, type DiagramOptions } from './report/diagram.js'
export { historyHtml, type HistoryPage } from './report/history-page.js'
export { historyOf, type History, type Series } from './report/history.js'
export {
  decisionRegions,
  filters,
  gridPoints,
  imageGrid,
  type DecisionRegions,
  type FilterOptions,
  type ImageCell,
  type ImageGrid,
  type PixelImage
} from './report/images.js'
export { lineChart, type Band, type Curve, type LineChart, type Mark, type Point } from './report/line.js'
export { comparisonOf, reportOf, type ReportError, type ReportOptions } from './report/open-record.js'
export { pictureText, type Picture } from './report/picture.js'
export { runHtml, type RunReport } from './report/run-report.js'
