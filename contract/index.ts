export {
  Base,
  BaseContent,
  BaseList,
  baseFault,
  baseFolders,
  baseLimits,
  encodeBase,
  isBasePath,
  maxBaseJson,
  sizeOfBase,
} from './base.ts';
export { Diagnostic } from './diagnostic.ts';
export { LogKey, Proof } from './log.ts';
export { Problem, problemNamespace } from './problem.ts';
export { type ProblemId, problems } from './problems.ts';
export {
  Channel,
  Deprecation,
  maxReadmeLength,
  Profile,
  ProfilePage,
  ProfileSummary,
  Publication,
  Published,
  Version,
  VersionList,
  VersionSummary,
  Visibility,
} from './profile.ts';
export { Quota, QuotaChange } from './quota.ts';
export { Resolution, Resolutions, Unresolved } from './resolve.ts';
export { Key, Member, MemberList, Role, Team, User, UserPage } from './team.ts';
export { CreatedToken, Identity, NewToken, Scope, Token, TokenPage } from './token.ts';
export {
  NewTrustedPublisher,
  TrustedPublisher,
  TrustedPublisherList,
} from './trusted-publisher.ts';
export {
  CreatedWebhook,
  Delivery,
  DeliveryPage,
  NewWebhook,
  Webhook,
  WebhookList,
} from './webhook.ts';
