/** Texts that would be markup, or leave their place, if a page did not escape them. They do nothing but look like it. */
export const hostile: readonly string[] = [
  '</text><script>document.title = 1</script>',
  '"><img src=x onerror=document.title=2>',
  "' onmouseover='document.title=3",
  '</title></style></svg><b>bold</b>',
  ']]><!-- --!> &lt;script&gt; &#60;b',
  'javascript:document.title=4',
  '{"$": "${1 + 1}"} `x` \\text{<b>} \\href{a}{b} $x$ %0A',
  'a\u0000b\u202eevil\u2066\nline'
]
