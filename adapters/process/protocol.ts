/** The files of one run. */
export interface RunFiles {
  /** Read by the program: the network's inputs, by the reference's names. */
  readonly inputs: string;
  /** Read by the program: its parameters. */
  readonly parameters: string;
  /** Written by the program: its trace. */
  readonly trace: string;
}

/** One line of JSON for the program's standard input. */
export function formatRequest(files: RunFiles): string {
  return `${JSON.stringify({ protocol: 'layerdiff-process', version: 1, ...files })}\n`;
}

/** The same for programs that read no JSON. */
export function environmentOf({ inputs, parameters, trace }: RunFiles): Record<string, string> {
  return { LAYERDIFF_INPUTS: inputs, LAYERDIFF_PARAMETERS: parameters, LAYERDIFF_TRACE: trace };
}

/** What a line of the program's standard output says. */
export type Reply =
  | { readonly kind: 'done' }
  | { readonly kind: 'error'; readonly message: string }
  | { readonly kind: 'garbage' };

/** Reads `{"done": true}` or `{"error": "…"}`; everything else is garbage. */
export function parseReply(line: string): Reply {
  try {
    const { done, error } = JSON.parse(line) as { done?: unknown; error?: unknown };
    if (done === true) return { kind: 'done' };
    if (typeof error === 'string') return { kind: 'error', message: error };
  } catch {
    // not JSON: told below
  }
  return { kind: 'garbage' };
}
