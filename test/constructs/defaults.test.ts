import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const CONSTRUCTS = join(__dirname, '..', '..', 'constructs');

/** Optional members of the public interfaces that are written by users, as `Interface.member`, with their comments. */
function optionalMembers(): { name: string; comment: string }[] {
  const exported = readFileSync(join(CONSTRUCTS, 'index.ts'), 'utf8').match(
    /\w+(?:Props|Options|Attributes)\b/g,
  );
  const sources = readdirSync(CONSTRUCTS)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(CONSTRUCTS, file), 'utf8'));
  return (exported ?? []).flatMap((type) => {
    const source = sources.find((text) => text.includes(`export interface ${type} `)) ?? '';
    const [body = ''] = new RegExp(`export interface ${type} [^]*?\n}\n`).exec(source) ?? [];
    return [...body.matchAll(/(\/\*\*(?:(?!\*\/)[^])*\*\/)?\s*readonly (\w+)\?:/g)].map(
      ([, comment = '', member = '']) => ({ name: `${type}.${member}`, comment }),
    );
  });
}

test('every option that may be left out says what it is then', () => {
  const members = optionalMembers();
  expect(members.length).toBeGreaterThan(50);
  const silent = members.filter(({ comment }) => !/@default (?:- )?\S/.test(comment)).map(({ name }) => name);
  expect(silent).toEqual([]);
});
