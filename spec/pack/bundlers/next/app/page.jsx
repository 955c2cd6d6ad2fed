'use client'
import '../page.mjs'

export default function Page() {
  return <p>gradfold in Next.js</p>
}
