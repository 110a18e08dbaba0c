/** The text that was sent: SNS puts it into an envelope of JSON where its subscription does not deliver raw messages. */
export function textOfBody(body: string): string {
  if (!body.startsWith("{")) return body;
  try {
    const { Message } = JSON.parse(body) as { Message?: unknown };
    return typeof Message === "string" ? Message : body;
  } catch {
    return body;
  }
}
