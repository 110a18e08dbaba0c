/** All of the work, so many at once; rejects with the first error once nothing is under way any more. */
export async function inParallel<Item>(
  items: readonly Item[],
  most: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  let next = 0;
  const errors: unknown[] = [];
  const one = async (): Promise<void> => {
    while (next < items.length && errors.length === 0) {
      try {
        await work(items[next++] as Item);
      } catch (error) {
        errors.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, one));
  if (errors.length > 0) throw errors[0];
}
