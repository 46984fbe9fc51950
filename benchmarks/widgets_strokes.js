// Runs in the page: how long from each change, and from pointing at a cell, to the new picture on the screen.
async ([samples, most]) => {
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    const task = () => new Promise((done) => {
        const channel = new MessageChannel();
        channel.port1.onmessage = done;
        channel.port2.postMessage(0);
    });
    const rest = (ms) => new Promise((done) => setTimeout(done, ms));
    const timed = async (act) => {
        await rest(5 + 16 * Math.random());   // events come at any time between two frames
        const start = performance.now();
        act();
        await frame();
        await task();
        return performance.now() - start;
    };
    const seen = (node) => !node.closest('.ws-closed, details:not([open])') && node.getBoundingClientRect().width > 0;
    const press = (node, key) => () => node.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
    const ways = new Map();
    for (const panel of document.querySelectorAll('.ws-editable[data-node]')) {
        const cell = panel.querySelector('td[data-i]');
        if (cell && seen(cell)) ways.set(panel.dataset.node, { focus: cell, acts: [press(cell, 'ArrowUp'), press(cell, 'ArrowDown')] });
    }
    const mark = [...document.querySelectorAll('svg [role="slider"]')].find(seen);
    if (mark) ways.set('a mark', { focus: mark, acts: [press(mark, 'ArrowUp'), press(mark, 'ArrowDown')] });
    const readers = [...document.querySelectorAll('svg [role="radio"]')].filter(seen), click = (k) => () =>
        readers[k].dispatchEvent(new MouseEvent('click', { bubbles: true }));
    if (readers.length > 1) ways.set('who reads', { acts: [click(0), click(1)] });
    for (const input of document.querySelectorAll('#controls :is(select, input)')) {
        const name = input.closest('label').innerText.trim().split('\n')[0], tell = () => input.dispatchEvent(new Event('input'));
        const turn = {
            'select-one': (k) => { input.selectedIndex = k % input.options.length; },
            checkbox: () => { input.checked = !input.checked; },
            range: (k) => { input.value = Number(input.min) + (Number(input.max) - Number(input.min)) * (0.2 + 0.6 * (k % 2)); },
            text: (k) => { input.value = input.value.split(' ').slice(0, 3).concat(k % 2 ? ['it'] : []).join(' '); },
        }[input.type];
        ways.set(name, { acts: [1, 2].map((k) => () => { turn(k); tell(); }) });
    }
    const changes = {}, rounds = Math.max(4, Math.ceil(samples / ways.size));
    for (const [name, { focus, acts }] of ways) {
        focus?.focus({ preventScroll: true });
        changes[name] = [];
        for (let k = -2; k < rounds; k++) {
            const sample = await timed(acts[(k + 2) % acts.length]);
            if (k >= 0) changes[name].push(sample);
        }
    }
    const cells = [...document.querySelectorAll('[data-i]')].filter(seen), step = Math.max(1, Math.ceil(cells.length / most));
    const pointing = [];
    for (let k = 0; k < cells.length; k += step)
        pointing.push(await timed(() => cells[k].dispatchEvent(new PointerEvent('pointermove', { bubbles: true }))));
    return { changes, pointing };
}
