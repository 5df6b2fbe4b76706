/** The properties of a device as the editor writes them into a flow: a list of texts. */
export const keptRows = (properties: unknown): Record<string, unknown>[] =>
  (properties as string[]).map((row) => {
    if (typeof row !== 'string') throw new Error(`a row is no text: ${JSON.stringify(row)}`);
    return JSON.parse(row) as Record<string, unknown>;
  });
