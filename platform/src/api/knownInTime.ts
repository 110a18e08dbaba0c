/** How long a part may take to say how far it is. */
export const statusPatienceMs = 1_000;

/** What a part says of itself; null where it does not say so in time: it is being started again, or is stuck. */
export async function knownInTime<T>(answer: Promise<T>, patienceMs = statusPatienceMs): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, patienceMs, null);
  });
  try {
    return await Promise.race([answer.catch(() => null), late]);
  } finally {
    clearTimeout(timer);
  }
}
