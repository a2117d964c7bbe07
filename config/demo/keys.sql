-- After the rows: checking and sorting once is much cheaper than row by row.

ALTER TABLE sales.orders ADD FOREIGN KEY (customer_id) REFERENCES sales.customers;
CREATE INDEX ON sales.orders (customer_id);
CREATE INDEX ON sales.orders (ordered_at);

ALTER TABLE sales.order_items
    ADD FOREIGN KEY (order_id) REFERENCES sales.orders ON DELETE CASCADE,
    ADD FOREIGN KEY (product_id) REFERENCES sales.products,
    ADD UNIQUE (order_id, product_id);
CREATE INDEX ON sales.order_items (product_id);

ALTER TABLE hr.employees ADD FOREIGN KEY (manager_id) REFERENCES hr.employees;
CREATE INDEX ON hr.employees (manager_id);
ALTER TABLE hr.salaries ADD FOREIGN KEY (employee_id) REFERENCES hr.employees ON DELETE CASCADE;

ALTER TABLE support.tickets
    ADD FOREIGN KEY (customer_id) REFERENCES sales.customers,
    ADD FOREIGN KEY (order_id) REFERENCES sales.orders,
    ADD FOREIGN KEY (agent_id) REFERENCES hr.employees;
CREATE INDEX ON support.tickets (customer_id);
CREATE INDEX ON support.tickets (order_id);
CREATE INDEX ON support.tickets (agent_id);
CREATE INDEX ON support.tickets (opened_at) WHERE status IN ('open', 'waiting');
-- For document search, as `gatepost document-search get` prints it.
CREATE INDEX ON support.tickets USING gin (to_tsvector(
    'english'::regconfig, left(coalesce(subject::text, '') || ' ' || coalesce(body::text, ''), 200000)
));
