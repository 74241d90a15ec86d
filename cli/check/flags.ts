import type { Command } from 'commander';
import { isTwin, type TwinRequest } from '../../adapters/network/twin-request.ts';
import type { CheckOptions } from '../../harness/check.ts';
import { parseAllowance, parseTolerance } from '../../harness/tolerances/index.ts';
import type { OptimizerDeclaration } from '../../harness/types/optimizer.ts';
import type { Config } from '../config.ts';
import { DEFAULT_OUT } from '../output.ts';
import { type Mapping, readMap } from '../read-map.ts';

/** What `layerdiff check` was told, on the command line or in the configuration. */
export interface CheckFlags {
  reference?: readonly (string | TwinRequest)[];
  inputs?: string;
  map?: string;
  saveMap?: string;
  loss?: string;
  seed?: string[];
  report?: string[];
  out?: string;
  json?: boolean;
  layers?: boolean;
  once?: boolean;
  tolerance?: string[];
  allowPrecision?: string[];
  optimizer?: OptimizerDeclaration;
  runtime?: string;
  optimization?: string;
  /** The mapping itself, where the configuration holds it. */
  names?: Readonly<Record<string, string>>;
}

/** The options of `layerdiff check`. */
export function withOptions(command: Command): Command {
  const another = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];
  return command
    .option(
      '-r, --reference <ref>',
      'model (.onnx, or model.json of TensorFlow.js), or module that exports a reference; give it twice for a third vote',
      another,
    )
    .option('-i, --inputs <file>', 'inputs by the reference’s names (.safetensors, .npz)')
    .option('-m, --map <file>', 'JSON file {"mine": "theirs"}')
    .option('--save-map <file>', 'write which tensor was taken for which, in the form that --map reads')
    .option('--loss <name>', 'scalar output to differentiate')
    .option('--seed <name...>', 'outputs whose recorded gradients start the backward pass')
    .option(
      '--tolerance <choice...>',
      'exact, calibrated (default), allclose:RTOL,ATOL, ulp:N, cosine:C; or GLOB=CHOICE',
    )
    .option(
      '--allow-precision <glob=reason...>',
      'tensors that may lack precision (a narrower type, fast math), with the reason',
    )
    .option(
      '--optimizer <settings>',
      'what recorded updates are held against: adam,learningRate=0.001,epsilon=1e-8, or JSON (default: what the trace says)',
    )
    .option(
      '--runtime <build[:provider,...]>',
      'what runs a subject that is a model: onnxruntime-node (default), onnxruntime-web, or the path of a module with their API',
    )
    .option('--optimization <level>', 'of a subject that is a model: disabled (default), basic, extended, layout, all')
    .option('--report <format...>', 'terminal, json, html, junit, markdown, github')
    .option('-o, --out <dir>', `folder for report files (default: ${DEFAULT_OUT})`)
    .option('--json', 'print the report as JSON, and nothing else')
    .option('--layers', 'one line a layer')
    .option('--once', 'run a network once, without testing whether it is deterministic');
}

/** Options win over the configuration. */
export function merged(flags: CheckFlags, config: Config): CheckFlags {
  const { reference, inputs, map, loss, seeds, report, out, twice, tolerance, allowPrecision, optimizer } = config;
  return {
    ...(reference === undefined ? {} : { reference: listOf<string | TwinRequest>(reference) }),
    ...(inputs === undefined ? {} : { inputs }),
    ...(typeof map === 'string' ? { map } : map === undefined ? {} : { names: map }),
    ...(loss === undefined ? {} : { loss }),
    ...(seeds === undefined ? {} : { seed: [...seeds] }),
    ...(report === undefined ? {} : { report: [...listOf<string>(report)] }),
    ...(out === undefined ? {} : { out }),
    ...(twice === false ? { once: true } : {}),
    ...(tolerance === undefined ? {} : { tolerance: [...listOf<string>(tolerance)] }),
    ...(allowPrecision === undefined
      ? {}
      : { allowPrecision: Object.entries(allowPrecision).map(([glob, reason]) => `${glob}=${reason}`) }),
    ...(optimizer === undefined ? {} : { optimizer }),
    ...flags,
  };
}

const listOf = <T extends string | TwinRequest>(value: T | readonly T[]): readonly T[] =>
  typeof value === 'string' || isTwin(value) ? [value] : (value as readonly T[]);

/** What the harness's check takes. Throws E_FILE and E_FORMAT for files that cannot be read, E_OPTION for a tolerance that does not exist. */
export async function checkOptions(flags: CheckFlags): Promise<CheckOptions> {
  const inputs =
    flags.inputs === undefined ? null : (await import('../../adapters/trace/index.ts')).readTensors(flags.inputs);
  const { pairs, apart } = mappingOf(flags);
  return {
    ...(inputs === null ? {} : { inputs }),
    map: pairs,
    apart,
    loss: flags.loss ?? null,
    seeds: flags.seed ?? [],
    optimizer: flags.optimizer ?? null,
    twice: flags.once !== true,
    tolerances: (flags.tolerance ?? []).map(parseTolerance),
    allowPrecision: (flags.allowPrecision ?? []).map(parseAllowance),
  };
}

function mappingOf({ map, names }: CheckFlags): Mapping {
  if (map !== undefined) return readMap(map);
  return { pairs: new Map(Object.entries(names ?? {})), apart: new Set() };
}
