
// The pointer over the map says what it is over; a violation clicked moves the cursor to its time; paper unfolds.
(() => {
  const svg = document.getElementById('timeline'), cursor = document.getElementById('cursor');
  const tip = document.getElementById('tip'), d = svg.dataset;
  const left = +d.left, width = +d.width, length = +d.length, top = +d.top, rows = +d.rows, high = +d.row;
  const truths = ['never ran', 'runs', 'stands still', 'crashed', 'left', 'was not asked'];
  const beliefs = ['does not know it', 'holds it alive', 'suspects it', 'holds it dead', 'holds it gone'];
  const table = cells.map(row => row.split(';').filter(Boolean).flatMap(run => {
    const [count, ...cell] = run.split(',').map(Number);
    return Array(count).fill(cell);
  }));
  const move = time => {
    const x = left + width * Math.min(time / length, 1);
    cursor.setAttribute('x1', x); cursor.setAttribute('x2', x); cursor.classList.add('on');
  };
  svg.addEventListener('pointermove', event => {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    const share = (at.x - left) / width, row = Math.floor((at.y - top) / high);
    tip.style.display = 'none';
    if (share < 0 || share > 1) return;
    move(share * length);
    let text = (share * length).toFixed(1) + ' s';
    const line = table[row], cell = line && line[Math.min(line.length - 1, Math.floor(share * line.length))];
    if (cell) {
      const all = cell.slice(0, 5).reduce((a, b) => a + b, 0) || 1;
      const said = beliefs.map((what, place) => [cell[place], what]).filter(one => one[0] > 0)
        .sort((a, b) => b[0] - a[0]).map(one => Math.round(100 * one[0] / all) + ' % ' + one[1]);
      const fold = Math.ceil(+d.members / rows);
      const name = names[row] || (fold > 1 ? 'n' + row * fold + '–' + (Math.min((row + 1) * fold, +d.members) - 1) : 'n' + row);
      text = name + ' at ' + text + ': ' + truths[cell[5]] + '.' + (said.length ? ' Of the others ' + said.join(', ') + '.' : '');
    }
    tip.textContent = text;
    tip.style.display = 'block';
    tip.style.left = Math.min(event.clientX + 14, innerWidth - 350) + 'px';
    tip.style.top = event.clientY + 16 + 'px';
  });
  svg.addEventListener('pointerleave', () => { tip.style.display = 'none'; cursor.classList.remove('on'); });
  addEventListener('beforeprint', () => document.querySelectorAll('details').forEach(folded => { folded.open = true; }));
  for (const link of document.querySelectorAll('[data-at]')) {
    link.addEventListener('click', () => move(+link.dataset.at));
  }
})();
