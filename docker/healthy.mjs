/** The HEALTHCHECK of every image: whether the process answers on the port that it was told to listen on. */
const port = process.env.GATEHOUSE_PORT || process.env.PRACTICE_IDP_PORT || '3000';
const path = process.env.HEALTH_PATH || '/livez';
const answer = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(3_000) });
process.exitCode = answer.ok ? 0 : 1;
