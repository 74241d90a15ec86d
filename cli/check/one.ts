import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { CheckOptions } from '../../harness/check.ts';
import { LayerdiffError } from '../../harness/errors.ts';
import { mappingFile, mappingText } from '../../harness/mapping.ts';
import type { Subject } from '../../harness/types/adapter.ts';
import type { Report } from '../../harness/types/report.ts';
import { interruptible, processHost } from '../host.ts';
import { loadSubject, subjectFrom } from '../load-subject.ts';
import { rerunCommand } from '../rerun.ts';
import { errorText } from '../run.ts';
import type { CheckFlags } from './flags.ts';
import type { References } from './references.ts';

/** What a check of one subject needs besides it. */
export interface CheckSetting {
  readonly references: References;
  readonly flags: CheckFlags;
  readonly options: CheckOptions;
  /** With many, an error is told and the others go on. */
  readonly many: boolean;
  readonly debug: boolean;
}

/** Checks one subject; null where it could not be, which has then been told. */
export async function checkOne(offered: string | object, setting: CheckSetting): Promise<Report | null> {
  const { references, flags, options, many, debug } = setting;
  const host = processHost(flags.json === true);
  const { signal, release } = interruptible(host.step);
  const place = typeof offered === 'string' ? offered : 'configuration';
  try {
    // The subject first: a bad file is refused before a reference is started.
    const subject = await opened(offered, flags);
    try {
      const { checkAll } = await import('../../harness/votes.ts');
      return await references.lend(subject, options, (all) =>
        checkAll(subject, all, { ...options, ...saver(flags.saveMap), host, signal, rerun: rerunOf(place, flags) }),
      );
    } finally {
      await subject.release();
    }
  } catch (error) {
    if (!many) throw error;
    host.clear();
    process.stderr.write(`${basename(place)}: ${errorText(error, debug)}\n`);
    return null;
  } finally {
    release();
    host.clear();
  }
}

async function opened(offered: string | object, flags: CheckFlags): Promise<Subject> {
  const { runtime, optimization, loss } = flags;
  const options = {
    ...(runtime === undefined ? {} : { runtime }),
    ...(optimization === undefined ? {} : { optimization }),
    ...(loss === undefined ? {} : { loss }),
  };
  if (typeof offered === 'string') return loadSubject(offered, options);
  return subjectFrom(offered, 'network', 'configuration');
}

/** Writes which tensor was taken for which. Throws E_FILE where it cannot be written. */
function saver(path: string | undefined): Pick<CheckOptions, 'onAligned'> {
  if (path === undefined) return {};
  return {
    onAligned: ({ alignment }, graph) => {
      try {
        writeFileSync(path, mappingText(mappingFile(alignment, graph)));
      } catch (error) {
        const reason = `it cannot be written (${(error as NodeJS.ErrnoException).code})`;
        throw new LayerdiffError('E_FILE', path, reason, 'Choose another path with --save-map.');
      }
    },
  };
}

/** A reference that is no file is only in the configuration. A mapping that was written may have been corrected since: it is not written again. */
function rerunOf(place: string, { saveMap: _written, ...flags }: CheckFlags): string {
  const files = (flags.reference ?? []).every((name) => typeof name === 'string');
  return files ? rerunCommand(place, flags) : 'layerdiff check';
}
