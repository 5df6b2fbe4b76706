/** `pump` -> `pump-2`, `pump-2` -> `pump-3`, and on until it is free. */
export function freeName(name: string, taken: readonly unknown[]): string {
  const [, stem = name, number = '1'] = /^(.*)-(\d+)$/.exec(name) ?? [];
  const all = new Set(taken);
  for (let next = Number(number) + 1; ; next += 1) {
    const candidate = `${stem}-${next}`;
    if (!all.has(candidate)) return candidate;
  }
}
