-- About 100,000 rows, the same on every machine: what looks random is a hash of the row's number.

CREATE FUNCTION pg_temp.roll(n bigint, salt bigint, sides integer) RETURNS integer LANGUAGE sql IMMUTABLE
RETURN ((hashint8extended(n, salt) & 2147483647) % sides)::integer;

CREATE FUNCTION pg_temp.pick(choices text[], n bigint, salt bigint) RETURNS text LANGUAGE sql IMMUTABLE
RETURN choices[1 + pg_temp.roll(n, salt, cardinality(choices))];

CREATE FUNCTION pg_temp.mailbox(name text, n bigint, host text) RETURNS text LANGUAGE sql IMMUTABLE
RETURN translate(lower(name), ' áîéëíńöÖř''', '.aieeinoor') || n || '@' || host;

CREATE TEMPORARY TABLE words ON COMMIT DROP AS SELECT
    string_to_array('Anna,Bram,Carla,Daan,Elena,Felix,Greta,Hugo,Ines,Jonas,Katja,Lars,Maria,Nils,Olivia,Pavel,Quentin,Rosa,Sven,Teresa,Ulrich,Vera,Wanda,Xavier,Yara,Zoë,Amélie,Björn,Chloé,Dmitri,Emma,Farid,Giulia,Hanna,Ivan,José,Kerstin,Luca,Mette,Noah,Oskar,Priya,Rafael,Sofia,Tomás,Ursula,Viktor,Wei,Yusuf,Zuzana,Aisha,Benoît,Clara,David,Erik,Fatima,George,Helen,Isabel,Jakub', ',') AS first_names,
    string_to_array('Andersen,Bakker,Costa,Dubois,Eriksson,Fischer,García,Hansen,Ivanova,Jansen,Kowalski,Larsen,Moreau,Novak,Olsen,Petrov,Quinn,Rossi,Schneider,Torres,Ulrich,Visser,Weber,Xu,Yilmaz,Zimmermann,Almeida,Bianchi,Clarke,Dvořák,Evans,Ferrari,Gruber,Hughes,Jensen,Keller,Lindqvist,Murphy,Nielsen,O''Brien,Patel,Ricci,Santos,Taylor,Urban,Vogel,Walsh,Young,Zieliński,Berg,Chen,Díaz,Fernández,Greco,Haas,Johansson,Kaya,Martin,Nowak,Öberg', ',') AS last_names,
    string_to_array('Studio,Hotel,Bakery,Clinic,Architects,Café,Consulting,Logistics,Books,Pharmacy,Kindergarten,Interiors', ',') AS trades,
    -- One entry a country; how often it stands here is how often it is drawn.
    string_to_array('DE,DE,DE,DE,DE,DE,FR,FR,FR,FR,GB,GB,GB,GB,NL,NL,NL,ES,ES,ES,IT,IT,IT,SE,SE,PL,PL,AT,AT,CH,DK,NO,BE,PT,CZ,IE,US,US,CA,AU', ',') AS countries,
    '{"DE":["Hamburg","Berlin","Leipzig","Cologne","Munich"],"FR":["Lyon","Nantes","Paris","Lille"],"GB":["Bristol","Leeds","London","Glasgow"],"NL":["Utrecht","Rotterdam","Groningen"],"ES":["Valencia","Bilbao","Madrid"],"IT":["Turin","Bologna","Rome"],"SE":["Malmö","Uppsala"],"PL":["Gdańsk","Kraków"],"AT":["Graz","Vienna"],"CH":["Basel"],"DK":["Aarhus"],"NO":["Bergen"],"BE":["Ghent"],"PT":["Porto"],"CZ":["Brno"],"IE":["Cork"],"US":["Portland","Boston"],"CA":["Halifax"],"AU":["Hobart"]}'::jsonb AS cities,
    '{"AT":"de","AU":"en","BE":"nl","CA":"en","CH":"de","CZ":"cs","DK":"da","GB":"en","IE":"en","NO":"nb","SE":"sv","US":"en"}'::jsonb AS languages,
    string_to_array('Mill Lane,Harbour Street,Station Road,Linden Avenue,Church Square,Garden Row,High Street,Bridge Street,Orchard Way,Market Place', ',') AS streets;

INSERT INTO sales.customers (id, name, email, company, country_code, city, segment, tags, preferences, credit_limit, signed_up_at)
SELECT n, name, pg_temp.mailbox(name, n, pg_temp.pick('{example.com,example.org,example.net}', n, 3)),
       CASE WHEN kind > 0 THEN pg_temp.pick(last_names, n, 4) || ' ' || pg_temp.pick(trades, n, 5) END,
       country, cities -> country ->> pg_temp.roll(n, 6, jsonb_array_length(cities -> country)),
       (ARRAY['consumer', 'small business', 'enterprise'])[kind + 1],
       array_remove(ARRAY[CASE WHEN pg_temp.roll(n, 7, 3) = 0 THEN 'newsletter' END,
                          CASE WHEN pg_temp.roll(n, 8, 25) = 0 THEN 'vip' END,
                          CASE WHEN kind > 0 THEN 'invoice' END], NULL),
       jsonb_build_object('language', coalesce(languages ->> country, lower(country)),
                          'leave_with_neighbour', pg_temp.roll(n, 9, 2) = 0),
       CASE WHEN kind > 0 THEN kind * 500.00 * (1 + pg_temp.roll(n, 10, 10)) END,
       timestamptz '2021-01-04 08:00Z' + n * interval '9 hours 50 minutes' + pg_temp.roll(n, 11, 30000) * interval '1 second'
FROM words, generate_series(1, 5000) AS n,
     LATERAL (SELECT pg_temp.pick(first_names, n, 1) || ' ' || pg_temp.pick(last_names, n, 2) AS name,
                     pg_temp.pick(countries, n, 12) AS country,
                     CASE WHEN pg_temp.roll(n, 13, 100) < 80 THEN 0 WHEN pg_temp.roll(n, 13, 100) < 96 THEN 1 ELSE 2 END AS kind) AS drawn;

WITH categories (category, prefix, base, materials, nouns) AS (VALUES
    ('Kitchen', 'KIT', 12, '{stoneware,steel,oak,recycled glass}'::text[], '{Kettle,Teapot,Bread Knife,Cutting Board,Saucepan,Mixing Bowl,Coffee Grinder,Spice Rack,Pepper Mill,Casserole}'::text[]),
    ('Lighting', 'LIG', 24, '{brass,steel,recycled glass,bamboo}', '{Desk Lamp,Floor Lamp,Pendant,Wall Light,Lantern,Reading Lamp,Night Light,String Lights,Spotlight,Table Lamp}'),
    ('Bedroom', 'BED', 45, '{oak,ash,walnut,pine}', '{Bed Frame,Mattress,Nightstand,Wardrobe,Headboard,Dresser,Mirror,Bench,Clothes Rail,Bedside Shelf}'),
    ('Bathroom', 'BAT', 8, '{bamboo,steel,oak,recycled plastic}', '{Soap Dish,Towel Rail,Bath Mat,Toothbrush Cup,Laundry Basket,Shower Shelf,Wall Hook,Bath Stool,Washbasin Cabinet,Waste Bin}'),
    ('Office', 'OFF', 30, '{oak,steel,ash,aluminium}', '{Desk,Office Chair,Bookcase,Filing Cabinet,Monitor Stand,Pen Tray,Whiteboard,Paper Tray,Footrest,Cable Box}'),
    ('Garden', 'GAR', 18, '{teak,zinc,steel,acacia}', '{Planter,Watering Can,Garden Chair,Folding Table,Bird Feeder,Parasol,Hose Reel,Fire Bowl,Trellis,Garden Bench}'),
    ('Storage', 'STO', 10, '{rattan,oak,steel,seagrass}', '{Basket,Storage Box,Shelf Unit,Shoe Rack,Coat Stand,Drawer Unit,Glass Jar,Trunk,Wall Shelf,Umbrella Stand}'),
    ('Textiles', 'TEX', 9, '{linen,wool,organic cotton,hemp}', '{Cushion,Wool Throw,Linen Sheet,Curtain,Tablecloth,Tea Towel,Bath Towel,Rug,Duvet Cover,Apron}')
), named AS (
    SELECT row_number() OVER (ORDER BY line_no, noun_no, prefix) AS n, prefix, category, base, materials, noun, line_no, noun_no, line
    FROM categories, unnest(nouns) WITH ORDINALITY AS a (noun, noun_no),
         unnest('{Alder,Fjord,Marlow,Solveig,Quarry}'::text[]) WITH ORDINALITY AS b (line, line_no)
)
INSERT INTO sales.products (id, sku, name, category, description, price, cost, attributes, tags, weight_grams, introduced_on, discontinued)
SELECT n, prefix || '-' || lpad((line_no * 1000 + noun_no * 10)::text, 4, '0'), line || ' ' || noun, category,
       format('%s from our %s line, made of %s in %s.', noun, line, material, pg_temp.pick('{Portugal,Poland,Denmark,Italy,Lithuania}', n, 21)),
       price, round(price * (45 + pg_temp.roll(n, 22, 25)) / 100, 2),
       jsonb_build_object('material', material, 'colour', pg_temp.pick('{natural,white,sage,graphite,terracotta,sand,navy}', n, 23),
                          'warranty_years', 1 + pg_temp.roll(n, 24, 5)),
       array_remove(ARRAY[CASE WHEN pg_temp.roll(n, 25, 8) = 0 THEN 'bestseller' END,
                          CASE WHEN line_no = 5 THEN 'gift' END,
                          CASE WHEN pg_temp.roll(n, 26, 4) = 0 THEN 'recycled' END], NULL),
       150 + pg_temp.roll(n, 27, 400) * base, date '2018-06-01' + (line_no::integer - 1) * 400 + pg_temp.roll(n, 28, 250), pg_temp.roll(n, 29, 20) = 0
FROM named, LATERAL (SELECT pg_temp.pick(materials, n, 30) AS material,
                            base * (1 + pg_temp.roll(n, 31, 60) / 10.0)::numeric(12, 1) + 0.95 AS price) AS drawn;

-- Nobody orders before signing up. Orders grow denser towards the end of the period; a few customers buy much more often than the others.
INSERT INTO sales.orders (id, customer_id, status, channel, ordered_at, shipped_at, shipping_address)
SELECT n, c.id, status, pg_temp.pick('{web,web,web,web,web,web,web,phone,partner,partner}', n, 41), ordered_at,
       CASE WHEN status IN ('shipped', 'delivered', 'returned') THEN ordered_at + (6 + pg_temp.roll(n, 42, 60)) * interval '1 hour' END,
       jsonb_build_object('street', pg_temp.pick(streets, c.id, 43) || ' ' || 1 + pg_temp.roll(c.id, 44, 120),
                          'postal_code', (10000 + pg_temp.roll(c.id, 45, 89999))::text, 'city', c.city, 'country', c.country_code)
FROM words
CROSS JOIN generate_series(1, 25000) AS n
CROSS JOIN LATERAL (SELECT date_trunc('second', timestamptz '2024-01-01 00:10Z' + interval '1034 days' * sqrt(n / 25001.0), 'UTC') AS ordered_at,
                           pg_temp.roll(n, 48, 100) AS luck) AS drawn
CROSS JOIN LATERAL (SELECT least(5000, extract(epoch FROM ordered_at - timestamptz '2021-01-04 08:00Z')::integer / 35400 - 2) AS customers) AS so_far
CROSS JOIN LATERAL (SELECT (CASE WHEN luck < 4 THEN 'cancelled'
                           WHEN n > 24880 THEN CASE WHEN luck < 50 THEN 'pending' ELSE 'paid' END
                           WHEN n > 24600 THEN CASE WHEN luck < 15 THEN 'paid' ELSE 'shipped' END
                           WHEN luck < 9 THEN 'returned'
                           ELSE 'delivered' END)::sales.order_status AS status) AS state
JOIN sales.customers c ON c.id = 1 + (pg_temp.roll(n, 46, 1000)::bigint * pg_temp.roll(n, 47, so_far.customers) / 1000)::integer;

INSERT INTO sales.order_items (order_id, line_number, product_id, quantity, unit_price, discount)
SELECT o.id, line, p.id, 1 + pg_temp.roll(o.id * 8 + line, 51, 10) / 4 + CASE WHEN o.channel = 'partner' THEN 4 ELSE 0 END,
       round(p.price * (1 - 0.03 * (2026 - extract(year FROM o.ordered_at AT TIME ZONE 'UTC'))), 2), (ARRAY[0, 0, 0, 0, 0.05, 0.10, 0.15])[1 + pg_temp.roll(o.id * 8 + line, 52, 7)]
FROM sales.orders o
CROSS JOIN LATERAL generate_series(1, 1 + pg_temp.roll(o.id, 53, 7) / 2) AS line
JOIN sales.products p ON p.id = 1 + (pg_temp.roll(o.id, 54, 400) + line * 83) % 400;

INSERT INTO hr.employees (id, name, email, job_title, department, manager_id, hired_on, left_on)
SELECT n, name, pg_temp.mailbox(name, n, 'harbour-pine.example'),
       CASE WHEN n = 1 THEN 'Managing Director' WHEN n <= 6 THEN 'Head of ' || department
            ELSE pg_temp.pick('{Junior,Senior,Lead}', n, 61) || ' ' ||
                 (ARRAY['Sales Representative', 'Support Agent', 'Warehouse Clerk', 'Accountant', 'Engineer'])[1 + n % 5] END,
       CASE WHEN n = 1 THEN 'Management' ELSE department END,
       CASE WHEN n > 6 THEN 2 + (n + 3) % 5 WHEN n > 1 THEN 1 END,
       hired_on, CASE WHEN n > 6 AND pg_temp.roll(n, 62, 9) = 0 THEN hired_on + 400 + pg_temp.roll(n, 63, 300) END
FROM words, generate_series(1, 240) AS n,
     LATERAL (SELECT pg_temp.pick(first_names, n, 64) || ' ' || pg_temp.pick(last_names, n, 65) AS name,
                     (ARRAY['Sales', 'Support', 'Warehouse', 'Finance', 'Engineering'])[1 + n % 5] AS department,
                     date '2015-02-02' + n * 14 + pg_temp.roll(n, 66, 14) AS hired_on) AS drawn;

INSERT INTO hr.salaries (employee_id, valid_from, yearly_amount, reason)
SELECT e.id, e.hired_on + year * 365, round((start + year * start * 0.035) / 100) * 100,
       CASE WHEN year = 0 THEN 'hired' WHEN pg_temp.roll(e.id * 20 + year, 71, 6) = 0 THEN 'promotion' ELSE 'yearly review' END
FROM hr.employees e,
     LATERAL (SELECT (CASE WHEN e.id = 1 THEN 140000 WHEN e.id <= 6 THEN 92000 ELSE 31000 + 100 * pg_temp.roll(e.id, 72, 350) END)::numeric AS start) AS drawn,
     LATERAL generate_series(0, (coalesce(e.left_on, date '2026-10-31') - e.hired_on) / 365) AS year;

-- In each text, %1$s becomes the product and %2$s the reference of the order.
CREATE TEMPORARY TABLE complaints ON COMMIT DROP AS
SELECT row_number() OVER () AS number, * FROM (VALUES
    ('delivery', 'normal', 'Where is my order %2$s?', 'The tracking page for %2$s has not changed for five days and the %1$s was promised for last week.'),
    ('delivery', 'high', 'Parcel marked delivered but not here', 'The carrier says that the %1$s was handed over, but neither I nor a neighbour received anything for order %2$s.'),
    ('delivery', 'low', 'Can you deliver on a Saturday?', 'I work during the week and would like the %1$s of order %2$s to come on a Saturday morning.'),
    ('delivery', 'normal', 'Change of address for %2$s', 'We are moving house before the %1$s arrives, please send order %2$s to the new address.'),
    ('damage', 'high', '%1$s arrived broken', 'When I opened the box of %2$s the %1$s had a long crack on one side, photos are attached.'),
    ('damage', 'normal', 'Scratches on the %1$s', 'The surface of the %1$s from order %2$s is scratched although the packing looked fine.'),
    ('damage', 'urgent', 'Sharp splinters in the box', 'There was broken glass between the parts of the %1$s and my child nearly cut a finger, order %2$s.'),
    ('refund', 'high', 'Refund for %2$s still missing', 'I returned the %1$s three weeks ago and the money for order %2$s is not on my account yet.'),
    ('refund', 'normal', 'How do I return the %1$s?', 'The %1$s does not fit our room, I want to send it back and get a refund for %2$s.'),
    ('refund', 'urgent', 'Charged twice for %2$s', 'My credit card shows two payments for order %2$s, please pay one of them back today.'),
    ('invoice', 'low', 'Copy of the invoice for %2$s', 'Our bookkeeping needs the invoice for the %1$s once more, as a PDF with the number %2$s.'),
    ('invoice', 'normal', 'Wrong VAT number on invoice', 'The invoice for %2$s shows the old VAT number of our company, please correct it and send it again.'),
    ('account', 'normal', 'I cannot sign in', 'The link for a new password never arrives, and I need the warranty papers of my %1$s from order %2$s.'),
    ('account', 'low', 'Please delete my old address', 'My account still shows my former flat as the delivery address, it was used for %2$s by mistake.'),
    ('account', 'high', 'Somebody else ordered with my account', 'I never ordered a %1$s, yet %2$s is in my list; please lock the account.'),
    ('assembly', 'normal', 'Screws missing for the %1$s', 'The bag with screws for the %1$s is two short, the manual lists twelve and I counted ten, order %2$s.'),
    ('assembly', 'low', 'Manual for the %1$s', 'I lost the assembly manual of the %1$s that came with %2$s, can I download it somewhere?'),
    ('warranty', 'normal', '%1$s stopped working', 'After less than a year the %1$s from order %2$s no longer works, I think that this is a case for the warranty.'),
    ('warranty', 'low', 'How long is the warranty on the %1$s?', 'The product page of the %1$s does not say how many years of warranty I have, the order was %2$s.'),
    ('wholesale', 'normal', 'Price for forty pieces of the %1$s', 'We furnish a hotel and would take forty pieces of the %1$s, what discount can you offer? Our last order was %2$s.')
) AS texts (topic, priority, subject, body);

INSERT INTO support.tickets (id, customer_id, order_id, agent_id, topic, subject, body, priority, status, tags, opened_at, solved_at, satisfaction)
SELECT n, o.customer_id, CASE WHEN t.topic <> 'account' THEN o.id END,
       CASE WHEN drawn.status <> 'open' OR n % 3 = 0 THEN 11 + 5 * pg_temp.roll(n, 81, 40) END,
       t.topic, format(t.subject, p.name, o.reference),
       concat_ws(E'\n', pg_temp.pick('{"Hello,","Good morning,","Dear support team,","Hi there,","To whom it may concern:","Good evening,"}', n, 82),
                 format(t.body, p.name, o.reference),
                 pg_temp.pick('{"I have written twice already.","This is my first order with you.","I have been a customer for years.","The shop in town could not help me.","It is a present for my sister.","I need it before the end of the month.","The packing was excellent otherwise.","Nobody answered the telephone."}', n, 83),
                 pg_temp.pick('{"Please let me know what happens next.","Thank you for your help.","Could you call me back?","Kind regards.","I look forward to your answer.","Please answer by e-mail.","Many thanks in advance."}', n, 84)),
       t.priority::support.ticket_priority, drawn.status,
       array_remove(ARRAY[CASE WHEN pg_temp.roll(n, 85, 6) = 0 THEN 'second contact' END,
                          CASE WHEN o.channel = 'partner' THEN 'partner' END,
                          CASE WHEN t.priority = 'urgent' THEN 'escalated' END], NULL),
       opened_at, CASE WHEN drawn.status IN ('solved', 'closed') THEN least(opened_at + (2 + pg_temp.roll(n, 86, 90)) * interval '1 hour', timestamptz '2026-10-31 19:30Z') END,
       CASE WHEN drawn.status = 'closed' AND pg_temp.roll(n, 87, 3) > 0 THEN 5 - pg_temp.roll(n, 88, 9) * pg_temp.roll(n, 89, 9) / 16 END
FROM generate_series(1, 5000) AS n
JOIN sales.orders o ON o.id = n * 5 - pg_temp.roll(n, 80, 5)
JOIN complaints t ON t.number = 1 + pg_temp.roll(n, 90, 20)
JOIN sales.order_items i ON i.order_id = o.id AND i.line_number = 1
JOIN sales.products p ON p.id = i.product_id,
     LATERAL (SELECT least(o.ordered_at + (20 + pg_temp.roll(n, 91, 200)) * interval '1 hour', timestamptz '2026-10-31 17:00Z' - pg_temp.roll(n, 93, 8000) * interval '1 second') AS opened_at,
                     (CASE WHEN n > 4900 THEN (ARRAY['open', 'open', 'waiting', 'solved'])[1 + pg_temp.roll(n, 92, 4)]
                           WHEN pg_temp.roll(n, 92, 40) = 0 THEN 'waiting'
                           ELSE (ARRAY['solved', 'closed', 'closed'])[1 + pg_temp.roll(n, 92, 3)] END)::support.ticket_status AS status) AS drawn;

SELECT setval(pg_get_serial_sequence('sales.customers', 'id'), 5000),
       setval(pg_get_serial_sequence('sales.products', 'id'), 400),
       setval(pg_get_serial_sequence('sales.orders', 'id'), 25000),
       setval(pg_get_serial_sequence('hr.employees', 'id'), 240),
       setval(pg_get_serial_sequence('support.tickets', 'id'), 5000);
