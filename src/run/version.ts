/** the version of this library, as in package.json: part of every run's name */
export const version = '0.1.0'
