import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import type { Report } from '../../harness/types/report.ts';
import { html } from '../../reports/html.ts';
import { deep, empty, forwardCause, hostile, inconclusive, matching, nan, several } from '../support/samples.ts';

const found = [
  '/usr/bin/chromium',
  ...(process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'chromium')),
].find(existsSync);

(found ? describe : describe.skip)('the HTML report in a browser (needs chromium on the PATH)', () => {
  let browser: Browser;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'layerdiff-report-'));
    browser = await chromium.launch({ executablePath: found as string, args: ['--no-sandbox'] });
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Opens a report from a file; whatever it says on the console or asks of the network is kept. */
  async function open(
    report: Report,
    options: BrowserContextOptions = {},
    hash = '',
  ): Promise<{ page: Page; trouble: string[] }> {
    const path = join(folder, 'report.html');
    writeFileSync(path, html.render(report));
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
    const trouble: string[] = [];
    page.on('console', (message) => trouble.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => trouble.push(error.message));
    page.on('request', (request) => {
      if (!/^(file|data):/.test(request.url())) trouble.push(`asked for ${request.url()}`);
    });
    await page.goto(`${pathToFileURL(path).href}${hash}`);
    return { page, trouble };
  }
  const text = (page: Page, selector: string) => page.locator(selector).first().innerText();

  it.each([
    ['match', matching, 'Match 34 of 35 tensors match'],
    ['mismatch', forwardCause, 'Mismatch conv2 (Conv) is the first wrong layer, forward'],
    ['inconclusive', inconclusive, 'Inconclusive 25 of 26 tensors match'],
    ['empty', empty, 'Inconclusive nothing was compared'],
    ['NaN', nan, 'Mismatch h.6.attn.softmax (Softmax)'],
  ])('says the verdict, quietly and without the network: %s', async (_, make, verdict) => {
    const { page, trouble } = await open(make());
    expect((await text(page, 'h1#verdict')).replace(/\s+/g, ' ')).toContain(verdict);
    expect(await page.locator('#static').isVisible()).toBe(false);
    expect(trouble).toEqual([]);
    await page.close();
  });

  it('lists the rows, counts them, and says how each is in a word', async () => {
    const { page } = await open(forwardCause());
    expect(await text(page, '.count')).toBe('35 of 35 rows');
    expect(await page.locator('.grid').getAttribute('aria-rowcount')).toBe('36');
    expect(await text(page, '#row-0')).toMatch(/match\s+→ 1\s+conv1/);
    expect(await text(page, '#row-3 .cell.verdict')).toBe('mismatch');
    await page.close();
  });

  it('opens the first wrong layer at once: cause, measures, elements and map', async () => {
    const { page } = await open(forwardCause());
    const panel = await text(page, '.panel');
    for (const part of [
      'conv2_out',
      'bias.missing',
      'Fix add conv2.bias',
      'relative error',
      'Elements that differ most',
      'In the subject: conv2_out',
    ])
      expect(panel).toContain(part);
    expect(await page.locator('canvas.heat').getAttribute('aria-label')).toMatch(
      /Heat map of the error: \d+ of \d+ cells/,
    );
    await page.close();
  });

  it('opens a layer by click, and keeps it in the address, which opens it again', async () => {
    const { page, trouble } = await open(forwardCause());
    await page.locator('#row-5').click();
    expect(await text(page, '.panel .tensor')).toContain('pool2_out');
    expect(new URL(page.url()).hash).toBe('#forward=pool2_out');
    await page.close();
    const again = await open(forwardCause(), {}, '#forward=pool2_out');
    expect(await text(again.page, '.panel .tensor')).toContain('pool2_out');
    expect(trouble.concat(again.trouble)).toEqual([]);
    await again.page.close();
  });

  it('goes through the wrong layers with n and p, and through the table with arrows', async () => {
    const { page } = await open(several());
    const selected = () => page.locator('.row[aria-selected=true] .cell.layer b').getAttribute('title');
    const seen = [await selected()];
    for (const key of ['n', 'n', 'n', 'n', 'n', 'p']) {
      await page.keyboard.press(key);
      seen.push(await selected());
    }
    const faults = ['layer1/block2/bn1', 'layer2/block5/conv2', 'fc', 'layer3/block8/conv1', 'layer1/block1/relu2'];
    expect(seen).toEqual([...faults, faults[0], faults[4]]);
    await page.locator('.grid').focus();
    await page.keyboard.press('Home');
    expect(await selected()).toBe('stem/conv');
    await page.keyboard.press('ArrowDown');
    expect(await selected()).toBe('stem/relu');
    expect(await page.locator('.grid').getAttribute('aria-activedescendant')).toBe('row-1');
    const focused = () => page.evaluate<string>('document.activeElement.className');
    await page.keyboard.press('Enter');
    expect(await focused()).toContain('panel');
    expect(await text(page, '.panel h2')).toContain('stem/relu');
    await page.keyboard.press('Escape');
    expect(await focused()).toContain('grid');
    await page.keyboard.press('End');
    expect(await selected()).toBe('stem/conv');
    await page.close();
  });

  it('filters by what is typed and pressed, and sorts by a column', async () => {
    const { page } = await open(several());
    await page.keyboard.press('/');
    await page.keyboard.type('op:batch to:forward');
    expect(await text(page, '.count')).toBe('18 of 189 rows');
    await page.locator('#filter').fill('no such layer');
    expect(await text(page, '.grid .body')).toBe('No row passes the filter.');
    await page.locator('#filter').fill('');
    await page.locator('.chip.mismatch').click();
    expect(await text(page, '.count')).toBe('5 of 189 rows');
    await page.locator('.head .cell.introduced button').click();
    expect(await page.locator('.head .cell.introduced').getAttribute('aria-sort')).toBe('descending');
    expect(await text(page, '.body .row .cell.layer b')).toBe('fc');
    await page.close();
  });

  it('draws both curves, marks the first divergence, and opens a layer clicked there', async () => {
    const { page } = await open(several());
    expect(await page.locator('.curve svg').count()).toBe(2);
    expect(await page.locator('.curve svg text.first').first().textContent()).toBe('first: layer1/block2/bn1');
    expect(await page.locator('.curve svg .cross').count()).toBe(5);
    const box = await page.locator('.plot').first().boundingBox();
    await page
      .locator('.plot')
      .first()
      .click({ position: { x: (box?.width ?? 0) - 15, y: 60 } });
    expect(await text(page, '.panel h2')).toContain('fc');
    await page.getByRole('button', { name: 'relative error' }).click();
    expect(await page.locator('.curve svg .cross').count()).toBe(5);
    await page.close();
  });

  it('draws NaN and infinity above the scale', async () => {
    const { page } = await open(nan());
    const lanes = await page.locator('.curve svg text.tick').allTextContents();
    expect(lanes.filter((tick) => tick === 'NaN ∞')).toHaveLength(2);
    expect(
      await page
        .locator('.curve svg path')
        .evaluateAll((paths) => paths.filter((path) => /NaN|Infinity/.test(path.getAttribute('d') ?? '')).length),
    ).toBe(0);
    await page.close();
  });

  it('is dark where the system is, and turns over at a press', async () => {
    const { page } = await open(forwardCause(), { colorScheme: 'dark' });
    const brightness = () =>
      page.evaluate<number>('parseFloat(getComputedStyle(document.body).backgroundColor.slice(4))');
    expect(await brightness()).toBeLessThan(60);
    await page.getByRole('button', { name: 'Light theme' }).click();
    expect(await brightness()).toBeGreaterThan(200);
    await page.close();
  });

  it('copies the command that gives the report again, or at least selects it', async () => {
    const { page } = await open(forwardCause());
    await page.getByRole('button', { name: 'Copy' }).click();
    await page.locator('.copy', { hasText: /Copied|Selected/ }).waitFor();
    expect(await text(page, '.rerun code')).toMatch(/^layerdiff check /);
    await page.close();
  });

  it('leaves hostile names inert, wherever they are shown', async () => {
    const { page, trouble } = await open(hostile());
    await page.locator('.grid').focus();
    await page.keyboard.press('Home');
    for (let i = 0; i < 27; i++) await page.keyboard.press('ArrowDown');
    for (const key of ['n', 'n', 'p']) await page.keyboard.press(key);
    expect(await page.evaluate(() => (globalThis as { pwned?: unknown }).pwned)).toBeUndefined();
    expect(await page.locator('#app img, #app script, #app a, #app iframe').count()).toBe(0);
    expect(await text(page, '.grid')).toContain('\\u{1b}[31m');
    expect(trouble).toEqual([]);
    await page.close();
  });

  it('shows verdict and failing rows without a script, and on paper', async () => {
    const { page } = await open(several(), { javaScriptEnabled: false });
    expect(await text(page, '#static h1')).toContain('mismatch: layer1/block2/bn1');
    expect(await page.locator('#static tbody tr').count()).toBe(9);
    await page.close();
    const paper = await open(several());
    await paper.page.emulateMedia({ media: 'print' });
    expect(await paper.page.locator('#static table').isVisible()).toBe(true);
    expect(await paper.page.locator('.grid').isVisible()).toBe(false);
    await paper.page.close();
  });

  it('fits a telephone: nothing wider than the screen, and a layer over it until it is closed', async () => {
    const { page } = await open(several(), { viewport: { width: 400, height: 800 } });
    const width = () => page.evaluate<number>('document.documentElement.scrollWidth');
    expect(await width()).toBe(400);
    expect(await page.locator('.panel').isVisible()).toBe(false);
    await page.locator('.body .row').nth(3).click();
    expect(await page.locator('.panel').isVisible()).toBe(true);
    expect(await width()).toBe(400);
    await page.getByRole('button', { name: 'Close the layer' }).click();
    expect(await page.locator('.panel').isVisible()).toBe(false);
    await page.close();
  });

  it('shows 2,000 layers within 3 seconds, and draws only those in sight', async () => {
    const report = deep(2000);
    const { page, trouble } = await open(report);
    await page.locator('.body .row').first().waitFor();
    await page.locator('.curve svg').nth(1).waitFor();
    // Since the navigation started, by the page's own clock.
    expect(await page.evaluate<number>('performance.now()')).toBeLessThan(3000);
    expect(await text(page, '.count')).toBe('3,999 of 3,999 rows');
    expect(await page.locator('.body .row').count()).toBeLessThan(60);
    await page.locator('.grid').focus();
    await page.keyboard.press('End');
    expect(await text(page, '.row[aria-selected=true] .cell.way')).toBe('← 1999');
    expect(await page.locator('.body .row').count()).toBeLessThan(60);
    expect(trouble).toEqual([]);
    await page.close();
  });
});
