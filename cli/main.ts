#!/usr/bin/env node
import { run } from './run.ts';

// A reader that has seen enough (`layerdiff check … | head`) closes the pipe: what is left is not wanted, and no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

process.exitCode = await run(process.argv.slice(2));
