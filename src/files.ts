/** The door `gradfold/files`: data sets and arrays from files and packages (Node). The modules of Node are loaded when a file is asked for. */
export {
  loadIris,
  loadMnist,
  readFile,
  readIdx,
  readNpy,
  readText,
  type Datasets,
  type LoadError,
  type MnistOptions
} from './data/files.js'
export { loadSource, readers, sourceCodec } from './data/readers.js'
