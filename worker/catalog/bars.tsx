/** The maximum number of bars. */
const maxBars = 50;

/** A bar chart that is a table, with each number beside its bar. */
export function Bars(props: {
  title: string;
  /** The heads of the columns with the labels and the numbers. */
  heads: readonly [string, string];
  bars: readonly { label: string; value: number; note: string }[];
}) {
  const { title, heads, bars } = props;
  const most = Math.max(1, ...bars.map(({ value }) => value));
  return (
    <>
      <section class="scroll" aria-label={title} tabindex={0}>
        <table class="bars">
          <thead>
            <tr>
              <th scope="col">{heads[0]}</th>
              <th scope="col">{heads[1]}</th>
              <td />
            </tr>
          </thead>
          <tbody>
            {bars.slice(0, maxBars).map(({ label, value, note }) => (
              <tr>
                <th scope="row">{label}</th>
                <td>
                  {value} <span class="soft">{note}</span>
                </td>
                <td>
                  <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                    <rect width={((100 * value) / most).toFixed(1)} height="8" />
                  </svg>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {bars.length > maxBars && <p class="soft">… and {bars.length - maxBars} more.</p>}
    </>
  );
}
