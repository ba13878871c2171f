import { beforeAll, describe, expect, test } from 'vitest';
import {
  type Claim,
  type Envelope,
  generateKeyPair,
  type KeyPair,
  makeStatement,
  type RefusalId,
  sha256,
  sign,
  signStatement,
  type TeamPolicy,
  verify,
} from '../../trust/index.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const manifest = { description: 'd', images: [], abi: '3.0', license: 'Apache-2.0' };
const payloadType = 'application/vnd.in-toto+json';

describe('verify', () => {
  let keys: [KeyPair, KeyPair, KeyPair];
  let claim: Claim;

  beforeAll(async () => {
    keys = await Promise.all([generateKeyPair(), generateKeyPair(), generateKeyPair()]);
    claim = {
      team: 'library',
      name: 'web',
      version: '1.0.0',
      profile: bytes('profile web {}\n'),
      envelope: await envelopeFor({}, [keys[0], keys[1]]),
    };
  });

  async function envelopeFor(changes: object, signers: KeyPair[]): Promise<Envelope> {
    const subject = { team: 'library', name: 'web', version: '1.0.0', manifest };
    const digest = await sha256(bytes('profile web {}\n'));
    return signStatement({ ...subject, digest, ...changes }, signers);
  }
  const trusting = (threshold: number, ...trusted: KeyPair[]): TeamPolicy => ({
    keys: trusted.map(({ publicKey }) => publicKey),
    threshold,
  });

  test('accepts a profile that enough trusted keys have signed', async () => {
    for (const policy of [
      trusting(1, keys[0]),
      trusting(2, keys[0], keys[1]),
      trusting(2, ...keys),
    ]) {
      const result = await verify(claim, policy);
      expect(result).toMatchObject({ ok: true, digest: await sha256(claim.profile), manifest });
    }
  });

  const cases: [string, RefusalId, () => Promise<[Claim, TeamPolicy]>][] = [
    ['no trusted key', 'envelope-untrusted-key', async () => [claim, trusting(1, keys[2])]],
    [
      'a changed payload',
      'envelope-signature-mismatch',
      async () => {
        const other = await envelopeFor({ version: '9.9.9' }, [keys[0]]);
        return [
          { ...claim, envelope: { ...claim.envelope, payload: other.payload } },
          trusting(1, ...keys),
        ];
      },
    ],
    [
      'a good signature and a changed one of a needed two',
      'envelope-signature-mismatch',
      async () => {
        const [first, second] = claim.envelope.signatures;
        const signatures = [{ keyid: second?.keyid ?? '', sig: first?.sig ?? '' }];
        const envelope = {
          ...claim.envelope,
          signatures: [...(first ? [first] : []), ...signatures],
        };
        return [{ ...claim, envelope }, trusting(2, ...keys)];
      },
    ],
    ['no keys at all', 'envelope-untrusted-key', async () => [claim, trusting(1)]],
    [
      'one signature of a needed two',
      'envelope-threshold',
      async () => [{ ...claim, envelope: await envelopeFor({}, [keys[0]]) }, trusting(2, ...keys)],
    ],
    [
      'one key signing twice for two',
      'envelope-threshold',
      async () => [
        { ...claim, envelope: await envelopeFor({}, [keys[0], keys[0]]) },
        trusting(2, ...keys),
      ],
    ],
    [
      'changed bytes',
      'digest-mismatch',
      async () => [{ ...claim, profile: bytes('profile web {}\n\n') }, trusting(1, ...keys)],
    ],
    [
      'another version',
      'statement-other-version',
      async () => [{ ...claim, version: '1.0.1' }, trusting(1, ...keys)],
    ],
    [
      'another name',
      'statement-other-profile',
      async () => [{ ...claim, name: 'ssh' }, trusting(1, ...keys)],
    ],
    [
      'another team',
      'statement-other-profile',
      async () => [{ ...claim, team: 'acme' }, trusting(1, ...keys)],
    ],
    [
      'another payload type',
      'envelope-malformed',
      async () => [
        { ...claim, envelope: { ...claim.envelope, payloadType: 'text/plain' } },
        trusting(1, ...keys),
      ],
    ],
    [
      'a payload that is not JSON',
      'statement-malformed',
      async () => [
        { ...claim, envelope: await sign(payloadType, bytes('not json'), [keys[0]]) },
        trusting(1, ...keys),
      ],
    ],
    [
      'a subject that contradicts the predicate',
      'statement-other-profile',
      async () => {
        const digest = await sha256(claim.profile);
        const statement = makeStatement({
          team: 'library',
          name: 'web',
          version: '1.0.0',
          digest,
          manifest,
        });
        const twisted = {
          ...statement,
          subject: [{ ...statement.subject[0], name: 'library/ssh' }],
        };
        const envelope = await sign(payloadType, bytes(JSON.stringify(twisted)), [keys[0]]);
        return [{ ...claim, envelope }, trusting(1, ...keys)];
      },
    ],
    [
      'a field that this program does not know',
      'statement-malformed',
      async () => {
        const digest = await sha256(claim.profile);
        const statement = makeStatement({
          team: 'library',
          name: 'web',
          version: '1.0.0',
          digest,
          manifest,
        });
        const payload = bytes(JSON.stringify({ ...statement, surprise: true }));
        return [
          { ...claim, envelope: await sign(payloadType, payload, [keys[0]]) },
          trusting(1, ...keys),
        ];
      },
    ],
  ];

  test.each(cases)('%s is refused as %s', async (_, id, make) => {
    const [changed, policy] = await make();
    const result = await verify(changed, policy);
    expect(result).toMatchObject({ ok: false, id });
  });
});
