import { writeFileSync } from 'node:fs';
import { LayerdiffError } from '../../harness/errors.ts';
import type { AddCommand } from './index.ts';

/** `layerdiff gradient MODEL --out FILE`: the model with its gradients, for anybody's use. */
export const addGradient: AddCommand = (program, done) => {
  program
    .command('gradient')
    .description('write a model that computes its gradients too, in standard ONNX operators')
    .argument('<model>', 'model (.onnx)')
    .requiredOption('-o, --out <file>', 'model to write (.onnx)')
    .option('-i, --inputs <file>', 'inputs that fix the shapes (.safetensors, .npz); made up where not given')
    .option('--loss <name>', 'scalar to differentiate')
    .action(async (path: string, flags: { out: string; inputs?: string; loss?: string }) => {
      const { loadModel } = await import('../../adapters/onnx/index.ts');
      const { differentiated } = await import('../gradients/differentiated.ts');
      const { inputsFor } = await import('../gradients/inputs.ts');
      const model = loadModel(path);
      const inputs = await inputsFor(model, flags.inputs, 0);
      const { bytes, told } = await differentiated(model, inputs, flags.loss ?? null);
      try {
        writeFileSync(flags.out, bytes);
      } catch (cause) {
        const reason = `it cannot be written (${(cause as NodeJS.ErrnoException).code})`;
        throw new LayerdiffError('E_FILE', flags.out, reason, 'Choose another path with --out.', { cause });
      }
      process.stdout.write(`wrote ${flags.out}: ${told.join('\n')}\n`);
      done(0);
    });
};
