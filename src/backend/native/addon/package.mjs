// The native products as packages for npm: one per platform, which npm installs only where `os`, `cpu` and `libc` say.
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** where native/addon.ts looks for a package */
export const packageName = ({ platform, arch }) => `gradfold-native-${platform}-${arch}`

/** what is in its package.json */
export const manifestOf = ({ platform, arch, version }) => ({
  name: packageName({ platform, arch }),
  version,
  description: `Native matrix products of gradfold ${version} for ${platform} on ${arch}`,
  license: 'MIT',
  os: [platform],
  cpu: [arch],
  ...(platform === 'linux' ? { libc: ['glibc'] } : {}),
  main: 'addon.node',
  files: ['addon.node']
})

/** writes the package into a folder of its name; the folder */
export const writePackage = (folder, target, addon, licence) => {
  const place = join(folder, packageName(target))
  mkdirSync(place, { recursive: true })
  copyFileSync(addon, join(place, 'addon.node'))
  copyFileSync(licence, join(place, 'LICENSE'))
  writeFileSync(join(place, 'package.json'), `${JSON.stringify(manifestOf(target), null, 2)}\n`)
  return place
}
