/** A command or a file to copy; the script adds a button to it. */
export function Command({ text }: { text: string }) {
  return (
    <div class="command">
      <pre>
        <code>{text}</code>
      </pre>
    </div>
  );
}
