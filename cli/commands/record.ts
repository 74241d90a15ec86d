import { loadReference } from '../load-reference.ts';
import type { AddCommand } from './index.ts';

/** `layerdiff record REF`: writes the reference's own trace. */
export const addRecord: AddCommand = (program, done) => {
  program
    .command('record')
    .description('write the reference’s own trace: every value and gradient')
    .argument('<reference>', 'model (.onnx), or module that exports a reference')
    .requiredOption('-i, --inputs <file>', 'inputs by the reference’s names (.safetensors, .npz)')
    .requiredOption('-o, --out <file>', 'trace to write (.safetensors, .npz)')
    .option('--loss <name>', 'scalar output to differentiate')
    .action(async (path: string, flags: { inputs: string; out: string; loss?: string }) => {
      const { readTensors, writeTrace } = await import('../../adapters/trace/index.ts');
      const { recordReference } = await import('../../harness/record.ts');
      const reference = await loadReference(path);
      try {
        const trace = await recordReference(reference, readTensors(flags.inputs), flags.loss ?? null);
        writeTrace(flags.out, trace);
        const backward =
          trace.gradients.size > 0
            ? `${trace.gradients.size} gradients`
            : 'no gradients (the model has no scalar loss)';
        process.stdout.write(`wrote ${flags.out}: ${trace.values.size} values, ${backward}\n`);
      } finally {
        await reference.release();
      }
      done(0);
    });
};
