"""Quotes both sides of a market around a price: python market-maker.py ACME-EUR alice desk-1 100.00

Needs `pip install websockets`, the API key in FLORIN_KEY and, if it is elsewhere, the server in FLORIN_URL.
The protocol is modules/exchange/SOCKETS.md.
"""
import asyncio, itertools, json, os, sys, time, zlib
from decimal import Decimal
import websockets

market, account, session, start = sys.argv[1:5]
url = os.environ.get('FLORIN_URL', 'http://127.0.0.1:4400').replace('http', 'ws', 1) + '/v1/exchange/'
headers = {'Authorization': 'Bearer ' + os.environ['FLORIN_KEY']}
spread, size = 5, '10'  # ticks from the middle; units of the instrument
client_ids = itertools.count(int(time.time() * 1_000_000))  # each once a day
refs = itertools.count(1)


def checksum(bids, asks, tick, lot):
    text = lambda levels: ','.join(f'{int(Decimal(p) / tick)}:{int(Decimal(q) / lot)}:{n}' for p, q, n in levels)
    return zlib.crc32(f'{text(bids)}|{text(asks)}'.encode())


class Book:
    def __init__(self, snapshot):
        self.seq, self.tick, self.lot = 0, Decimal(snapshot['tick']), Decimal(snapshot['lot'])
        self.sides = {'bids': {}, 'asks': {}}
        self.apply(snapshot)

    def apply(self, update):
        assert update.get('after', 0) <= self.seq or self.seq == 0, 'a gap: subscribe again'
        self.seq = update['seq']
        for side, levels in self.sides.items():
            for level in update[side]:
                if level[2] == 0: levels.pop(Decimal(level[0]), None)
                else: levels[Decimal(level[0])] = level
        assert checksum(self.best('bids'), self.best('asks'), self.tick, self.lot) == update['checksum']

    def best(self, side, count=10):
        levels = self.sides[side]
        return [levels[price] for price in sorted(levels, reverse=side == 'bids')[:count]]


async def quote(orders, middle, tick):
    """One message after another, without waiting: they are carried out in this order."""
    cancel = {'type': 'cancel_session', 'market': market}
    sides = [('buy', middle - spread * tick), ('sell', middle + spread * tick)]
    for message in [cancel] + [
        {'type': 'enter', 'market': market, 'account': account, 'side': side, 'price': str(price), 'quantity': size,
         'post_only': 'reprice', 'client_id': str(next(client_ids))} for side, price in sides]:
        await orders.send(json.dumps(message | {'ref': next(refs)}))


async def follow_orders(orders, state):
    async for text in orders:
        report = json.loads(text)
        state['seq'] = report.get('seq', state['seq'])
        for event in report.get('events', []):
            if event['event'] == 'fill':
                print('fill', event['side'], event['quantity'], '@', event['price'])
                state['middle'] = Decimal(event['price'])
                await quote(orders, state['middle'], state['tick'])
            if event['event'] == 'refused': print('refused', event['code'], event['message'])
        if report['type'] == 'refused': print('refused', report['code'], report['message'])


async def follow_book(data, orders, state):
    await data.send(json.dumps({'type': 'subscribe', 'ref': 1, 'market': market, 'channel': 'levels', 'depth': 10}))
    book = Book(json.loads(await data.recv()))
    state['tick'] = book.tick
    await quote(orders, state['middle'], book.tick)
    async for text in data:
        book.apply(json.loads(text))
        print(book.seq, *[level[:2] for side in book.sides for level in book.best(side, 1)])


async def main():
    state = {'seq': None, 'middle': Decimal(start)}
    while True:  # 4001 is for people: somebody else uses the session
        try:
            async with websockets.connect(url + 'order-entry', additional_headers=headers) as orders, \
                    websockets.connect(url + 'market-data', additional_headers=headers) as data:
                login = {'type': 'login', 'ref': next(refs), 'session': session, 'markets': [market], 'grace_ms': 2_000}
                if state['seq'] is not None: login['resume'] = {market: state['seq']}
                await orders.send(json.dumps(login))
                opened = json.loads(await orders.recv())
                if opened['type'] != 'opened': sys.exit(f"{opened['code']}: {opened['message']}")
                if state['seq'] is None: state['seq'] = opened['markets'][market]['seq']
                print('quoting', market, 'from command', state['seq'])
                async with asyncio.TaskGroup() as both:
                    both.create_task(follow_orders(orders, state))
                    both.create_task(follow_book(data, orders, state))
        except* (OSError, websockets.ConnectionClosed) as lost:
            print('lost', *lost.exceptions)
            await asyncio.sleep(1)

asyncio.run(main())
