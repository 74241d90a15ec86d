import { basename } from 'node:path';
import { LayerdiffError } from '../../harness/errors.ts';
import { processHost } from '../host.ts';
import { paint } from '../paint.ts';
import type { AddCommand } from './index.ts';

const EXIT = { match: 0, mismatch: 1, inconclusive: 2 } as const;

interface Flags {
  inputs?: string;
  subject?: string;
  loss?: string;
  samples?: string;
  seed?: string;
  json?: boolean;
}

/** `layerdiff gradcheck MODEL`: gradients against finite differences. */
export const addGradcheck: AddCommand = (program, done) => {
  program
    .command('gradcheck')
    .description('hold every gradient of a model, or of a hand-written network, against finite differences')
    .argument('<model>', 'model (.onnx)')
    .option(
      '-i, --inputs <file>',
      'inputs by the model’s names (.safetensors, .npz); made up from a seed where not given',
    )
    .option(
      '-s, --subject <network>',
      'check this network’s own gradients instead, with the model’s parameters (.ts, .js, .mjs)',
    )
    .option('--loss <name>', 'scalar to differentiate')
    .option('--samples <count>', 'elements to check of each large tensor', '24')
    .option('--seed <number>', 'of made-up inputs and sampled elements', '0')
    .option('--json', 'print the result as JSON, and nothing else')
    .action(async (path: string, flags: Flags) => {
      const { loadModel } = await import('../../adapters/onnx/index.ts');
      const { FLOAT32, FLOAT64 } = await import('../../harness/checks/gradient-check.ts');
      const { inputsFor } = await import('../gradients/inputs.ts');
      const { gradientOutcome } = await import('../../harness/checks/gradient-outcome.ts');
      const { gradientText } = await import('../../reports/gradient-text.ts');
      const host = processHost(flags.json === true);
      const model = loadModel(path);
      const [elements, seed] = [whole(flags.samples, '--samples'), whole(flags.seed, '--seed')];
      const inputs = await inputsFor(model, flags.inputs, seed);
      const effort = { ...(flags.subject === undefined ? FLOAT64 : FLOAT32), elements, seed };
      const options = { loss: flags.loss ?? null, effort, progress: host.progress ?? ((): void => {}) };
      const report = await checked();
      host.clear();
      const name = basename(flags.subject ?? path);
      process.stdout.write(
        flags.json === true ? `${JSON.stringify(report, null, 2)}\n` : gradientText(report, name, paint),
      );
      done(EXIT[gradientOutcome(report)]);

      async function checked() {
        if (flags.subject === undefined) {
          return (await import('../gradients/check-model.ts')).checkModel(model, inputs, options);
        }
        const { loadSubject } = await import('../load-subject.ts');
        const { checkSubject } = await import('../../harness/checks/check-subject.ts');
        const subject = await loadSubject(flags.subject);
        try {
          return await checkSubject(subject, model.graph, inputs, options);
        } finally {
          await subject.release();
        }
      }
    });
};

function whole(text: string | undefined, option: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new LayerdiffError('E_OPTION', `${option} ${text}`, 'it is no whole number', 'Give a number from 0 up.');
}
