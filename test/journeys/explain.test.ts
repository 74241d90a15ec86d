import { describe, expect, it } from '@jest/globals';
import { causes } from '../../harness/causes/index.ts';
import { layerdiff } from '../support/cli.ts';

describe('layerdiff explain', () => {
  it('says what a cause looks like, how it is proven, and what to change', async () => {
    const { status, stdout, stderr } = await layerdiff(['explain', 'norm.epsilon']);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^norm\.epsilon {2}\(norm\)\n {2}another epsilon/);
    for (const part of ['symptom', 'proof', 'fix', 'seen in'])
      expect(stdout).toMatch(new RegExp(`^  ${part} +\\S`, 'm'));
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });

  it('lists every cause by family without one', async () => {
    const { status, stdout, stderr } = await layerdiff(['explain']);
    expect([status, stderr]).toEqual([0, '']);
    for (const { id } of causes) expect(stdout).toMatch(new RegExp(`^  ${id.replace('.', '\\.')} +\\S`, 'm'));
    expect(stdout).toContain('\nConvolutions\n');
  });

  it('prints JSON and nothing else with --json, for one cause or for all', async () => {
    const one = await layerdiff(['explain', 'bias.missing', '--json']);
    expect(JSON.parse(one.stdout)).toMatchObject({ id: 'bias.missing', where: 'linear, conv', fix: 'Add the bias.' });
    const all = await layerdiff(['explain', '--json']);
    const families = JSON.parse(all.stdout) as { causes: { id: string }[] }[];
    expect(families.flatMap((family) => family.causes.map(({ id }) => id))).toEqual(causes.map(({ id }) => id));
  });

  it('refuses what is no cause, and names the nearest', async () => {
    const { status, stdout, stderr } = await layerdiff(['explain', 'norm.epsilom']);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(
      /^error {2}E_OPTION {2}norm\.epsilom: there is no such cause\. Did you mean "norm\.epsilon"\?/,
    );
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});
