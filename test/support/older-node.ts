/** Node that says that it is Node 20, for those who start Orderloom with what their system has. */

const PRETENCE = 'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.19.0" } });';

/** The option that makes Node pretend; in `NODE_OPTIONS` it does so for everything that is started, too. */
export const OLDER_NODE = `--import=data:text/javascript,${encodeURIComponent(PRETENCE)}`;
