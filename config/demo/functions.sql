-- Bodies in the BEGIN ATOMIC form are bound when they are made: no search_path can change what they mean.

CREATE FUNCTION sales.get_customer(customer_id integer) RETURNS SETOF sales.customers
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
    SELECT * FROM sales.customers c WHERE c.id = get_customer.customer_id;
END;
COMMENT ON FUNCTION sales.get_customer(integer) IS 'One customer with all details. customer_id: number of the customer. No row when there is no such customer.';

CREATE FUNCTION sales.find_customers(search text, max_results integer DEFAULT 20)
RETURNS TABLE (id integer, name text, email text, company text, country_code text, city text)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 20
BEGIN ATOMIC
    SELECT c.id, c.name, c.email::text, c.company, c.country_code, c.city
    FROM sales.customers c
    WHERE position(lower(search) IN lower(concat_ws(' ', c.name, c.email, c.company))) > 0
    ORDER BY c.name, c.id
    LIMIT max_results;
END;
COMMENT ON FUNCTION sales.find_customers(text, integer) IS 'Customers whose name, e-mail address or company contains a text, sorted by name. search: the text, upper or lower case. max_results: at most so many rows (20).';

CREATE FUNCTION sales.revenue_by_country(from_date date DEFAULT '2025-11-01', to_date date DEFAULT '2026-10-31')
RETURNS TABLE (country_code text, orders bigint, revenue numeric)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 20
BEGIN ATOMIC
    SELECT c.country_code, count(DISTINCT o.id), sum(i.line_total)
    FROM sales.orders o
    JOIN sales.customers c ON c.id = o.customer_id
    JOIN sales.order_items i ON i.order_id = o.id
    WHERE o.ordered_at >= from_date::timestamp AT TIME ZONE 'UTC'
      AND o.ordered_at < (to_date + 1)::timestamp AT TIME ZONE 'UTC'
      AND o.status NOT IN ('returned', 'cancelled')
    GROUP BY c.country_code
    ORDER BY 3 DESC, 1;
END;
COMMENT ON FUNCTION sales.revenue_by_country(date, date) IS 'Number of orders and revenue in euro for each country over a period, highest revenue first, without returned and cancelled orders. from_date, to_date: first and last day (the year up to 2026-10-31).';

CREATE FUNCTION sales.top_products(from_date date DEFAULT '2025-11-01', to_date date DEFAULT '2026-10-31', max_results integer DEFAULT 10)
RETURNS TABLE (product_id integer, name text, category text, pieces bigint, revenue numeric)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
BEGIN ATOMIC
    SELECT p.id, p.name, p.category, sum(i.quantity), sum(i.line_total)
    FROM sales.orders o
    JOIN sales.order_items i ON i.order_id = o.id
    JOIN sales.products p ON p.id = i.product_id
    WHERE o.ordered_at >= from_date::timestamp AT TIME ZONE 'UTC'
      AND o.ordered_at < (to_date + 1)::timestamp AT TIME ZONE 'UTC'
      AND o.status NOT IN ('returned', 'cancelled')
    GROUP BY p.id
    ORDER BY 5 DESC, 1
    LIMIT max_results;
END;
COMMENT ON FUNCTION sales.top_products(date, date, integer) IS 'The products that brought most revenue over a period. from_date, to_date: first and last day (the year up to 2026-10-31). max_results: at most so many rows (10).';

CREATE FUNCTION sales.customer_lifetime_value(customer_id integer) RETURNS numeric
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT coalesce(sum(i.line_total), 0)
    FROM sales.orders o
    JOIN sales.order_items i ON i.order_id = o.id
    WHERE o.customer_id = customer_lifetime_value.customer_id AND o.status NOT IN ('returned', 'cancelled');
END;
COMMENT ON FUNCTION sales.customer_lifetime_value(integer) IS 'What a customer has bought so far, in euro, without returned and cancelled orders. customer_id: number of the customer.';

CREATE FUNCTION sales.order_total(order_id bigint) RETURNS numeric
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT sum(i.line_total) FROM sales.order_items i WHERE i.order_id = order_total.order_id;
END;
COMMENT ON FUNCTION sales.order_total(bigint) IS 'The sum of all lines of one order, in euro. order_id: number of the order. Null when there is no such order.';

CREATE FUNCTION sales.total_of_orders(VARIADIC order_ids bigint[]) RETURNS numeric
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT coalesce(sum(i.line_total), 0) FROM sales.order_items i WHERE i.order_id = ANY (order_ids);
END;
COMMENT ON FUNCTION sales.total_of_orders(bigint[]) IS 'The sum of several orders together, in euro. order_ids: numbers of the orders; unknown ones count nothing.';

CREATE FUNCTION sales.orders_between(from_date date, to_date date DEFAULT '2026-10-31', max_results integer DEFAULT 100)
RETURNS SETOF sales.orders
LANGUAGE sql STABLE PARALLEL SAFE ROWS 100
BEGIN ATOMIC
    SELECT * FROM sales.orders o
    WHERE o.ordered_at >= from_date::timestamp AT TIME ZONE 'UTC'
      AND o.ordered_at < (to_date + 1)::timestamp AT TIME ZONE 'UTC'
    ORDER BY o.ordered_at, o.id
    LIMIT max_results;
END;
COMMENT ON FUNCTION sales.orders_between(date, date, integer) IS 'Orders of a period, oldest first. from_date, to_date: first and last day (up to 2026-10-31). max_results: at most so many rows (100).';

CREATE FUNCTION sales.find_orders(
    statuses sales.order_status[] DEFAULT '{pending,paid}', channel text DEFAULT NULL, max_results integer DEFAULT 50)
RETURNS TABLE (id bigint, reference text, customer_id integer, status sales.order_status, channel text, ordered_at timestamptz)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 50
BEGIN ATOMIC
    SELECT o.id, o.reference, o.customer_id, o.status, o.channel, o.ordered_at
    FROM sales.orders o
    WHERE o.status = ANY (statuses) AND (find_orders.channel IS NULL OR o.channel = find_orders.channel)
    ORDER BY o.ordered_at DESC, o.id DESC
    LIMIT max_results;
END;
COMMENT ON FUNCTION sales.find_orders(sales.order_status[], text, integer) IS 'Orders by status, newest first. statuses: any of these (pending and paid). channel: only web, phone or partner (all). max_results: at most so many rows (50).';

CREATE FUNCTION sales.count_orders(status sales.order_status DEFAULT 'pending') RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT count(*) FROM sales.orders o WHERE o.status = count_orders.status;
END;
COMMENT ON FUNCTION sales.count_orders(sales.order_status) IS 'How many orders have one status. status: the status to count (pending).';

CREATE FUNCTION sales.order_statistics(
    customer_id integer, OUT orders bigint, OUT revenue numeric, OUT first_order_on date, OUT last_order_on date)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT count(DISTINCT o.id), coalesce(sum(i.line_total), 0),
           min((o.ordered_at AT TIME ZONE 'UTC')::date), max((o.ordered_at AT TIME ZONE 'UTC')::date)
    FROM sales.orders o
    JOIN sales.order_items i ON i.order_id = o.id
    WHERE o.customer_id = order_statistics.customer_id AND o.status NOT IN ('returned', 'cancelled');
END;
COMMENT ON FUNCTION sales.order_statistics(integer) IS 'How many orders a customer placed, their revenue in euro, and the days of the first and the last one, without returned and cancelled orders. customer_id: number of the customer.';

CREATE FUNCTION sales.search_products(query text) RETURNS SETOF sales.products
LANGUAGE sql STABLE PARALLEL SAFE ROWS 20
BEGIN ATOMIC
    SELECT * FROM sales.products p
    WHERE position(lower(query) IN lower(p.name || ' ' || p.description)) > 0 AND NOT p.discontinued
    ORDER BY p.name;
END;
COMMENT ON FUNCTION sales.search_products(text) IS 'Products on sale whose name or description contains a text, sorted by name. query: the text, upper or lower case.';

CREATE FUNCTION sales.search_products(query text, category text, max_price numeric DEFAULT NULL) RETURNS SETOF sales.products
LANGUAGE sql STABLE PARALLEL SAFE ROWS 20
BEGIN ATOMIC
    SELECT * FROM sales.products p
    WHERE position(lower(query) IN lower(p.name || ' ' || p.description)) > 0 AND NOT p.discontinued
      AND p.category = search_products.category
      AND (max_price IS NULL OR p.price <= max_price)
    ORDER BY p.price, p.name;
END;
COMMENT ON FUNCTION sales.search_products(text, text, numeric) IS 'Products on sale in one category whose name or description contains a text, cheapest first. query: the text. category: such as Kitchen. max_price: highest price in euro (no limit).';

CREATE FUNCTION sales.products_with(attributes jsonb) RETURNS SETOF sales.products
LANGUAGE sql STABLE PARALLEL SAFE ROWS 20
BEGIN ATOMIC
    SELECT * FROM sales.products p WHERE p.attributes @> products_with.attributes ORDER BY p.name;
END;
COMMENT ON FUNCTION sales.products_with(jsonb) IS 'Products that have all the given attributes, sorted by name. attributes: an object such as {"colour": "oak", "warranty_years": 5}.';

CREATE FUNCTION sales.convert_amount(amount numeric, to_currency text, from_currency text DEFAULT 'EUR') RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    WITH rates (currency, per_euro) AS (
        VALUES ('EUR', 1), ('USD', 1.16), ('GBP', 0.87), ('CHF', 0.93), ('SEK', 10.95), ('NOK', 11.70),
               ('DKK', 7.46), ('PLN', 4.25), ('CZK', 24.30), ('JPY', 177.50), ('CAD', 1.62), ('AUD', 1.77)
    )
    SELECT round(amount / f.per_euro * t.per_euro, 2)
    FROM rates f, rates t
    WHERE f.currency = upper(from_currency) AND t.currency = upper(to_currency);
END;
COMMENT ON FUNCTION sales.convert_amount(numeric, text, text) IS 'Converts an amount of money by the fixed rates of the demo, rounded to cents. amount: how much. to_currency, from_currency: three letters by ISO 4217 (from EUR). Null for an unknown currency.';

CREATE FUNCTION sales.place_order(customer_id integer, product_id integer, quantity integer DEFAULT 1) RETURNS bigint
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    unit_price numeric;
    order_id bigint;
BEGIN
    SELECT p.price INTO unit_price FROM sales.products p WHERE p.id = place_order.product_id AND NOT p.discontinued;
    IF NOT FOUND THEN
        RAISE no_data_found USING MESSAGE = format('Product %s is not on sale.', place_order.product_id);
    END IF;
    INSERT INTO sales.orders (customer_id, shipping_address)
    SELECT c.id, jsonb_build_object('city', c.city, 'country', c.country_code)
    FROM sales.customers c WHERE c.id = place_order.customer_id
    RETURNING id INTO order_id;
    IF NOT FOUND THEN
        RAISE no_data_found USING MESSAGE = format('There is no customer %s.', place_order.customer_id);
    END IF;
    INSERT INTO sales.order_items (order_id, line_number, product_id, quantity, unit_price)
    VALUES (order_id, 1, place_order.product_id, place_order.quantity, unit_price);
    RETURN order_id;
END
$$;
COMMENT ON FUNCTION sales.place_order(integer, integer, integer) IS 'Places an order of one product at today''s price and returns the number of the new order. Writes. customer_id: who orders. product_id: what, must be on sale. quantity: how many pieces (1).';

CREATE FUNCTION support.customer_tickets(customer_id integer, only_unsolved boolean DEFAULT false)
RETURNS TABLE (id integer, subject text, priority support.ticket_priority, status support.ticket_status, opened_at timestamptz)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 5
BEGIN ATOMIC
    SELECT t.id, t.subject, t.priority, t.status, t.opened_at
    FROM support.tickets t
    WHERE t.customer_id = customer_tickets.customer_id AND (NOT only_unsolved OR t.status IN ('open', 'waiting'))
    ORDER BY t.opened_at DESC, t.id DESC;
END;
COMMENT ON FUNCTION support.customer_tickets(integer, boolean) IS 'All tickets of one customer, newest first. Subjects are text that customers wrote. customer_id: number of the customer. only_unsolved: leave out solved and closed ones (false).';

CREATE FUNCTION support.open_tickets(lowest_priority support.ticket_priority DEFAULT 'low', max_results integer DEFAULT 50)
RETURNS TABLE (id integer, topic text, subject text, priority support.ticket_priority, customer_id integer, opened_at timestamptz)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 50
BEGIN ATOMIC
    SELECT t.id, t.topic, t.subject, t.priority, t.customer_id, t.opened_at
    FROM support.tickets t
    WHERE t.status IN ('open', 'waiting') AND t.priority >= lowest_priority
    ORDER BY t.priority DESC, t.opened_at, t.id
    LIMIT max_results;
END;
COMMENT ON FUNCTION support.open_tickets(support.ticket_priority, integer) IS 'Tickets that are not solved, most urgent and oldest first. Subjects are text that customers wrote. lowest_priority: leave out lower ones (low). max_results: at most so many rows (50).';

CREATE FUNCTION hr.salary_history(employee_id integer)
RETURNS TABLE (valid_from date, yearly_amount numeric, reason text)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 5
BEGIN ATOMIC
    SELECT s.valid_from, s.yearly_amount, s.reason
    FROM hr.salaries s WHERE s.employee_id = salary_history.employee_id ORDER BY s.valid_from;
END;
COMMENT ON FUNCTION hr.salary_history(integer) IS 'Every salary of one employee, oldest first, in euro a year. employee_id: personnel number.';

-- Runs with the rights of its owner on purpose: it shows how such functions are marked and guarded.
CREATE FUNCTION hr.headcount(department text DEFAULT NULL) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT count(*) FROM hr.employees e
    WHERE e.left_on IS NULL AND (headcount.department IS NULL OR e.department = headcount.department);
END;
COMMENT ON FUNCTION hr.headcount(text) IS 'How many people work here today. Runs with the rights of its owner, so that it can count people whose records the caller may not read. department: only this one (all).';
