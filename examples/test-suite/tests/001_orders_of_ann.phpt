--TEST--
The orders of ann are all that there is
--FILE--
<?php
require __DIR__ . '/../database.inc';

query('DROP TABLE IF EXISTS orders; CREATE TABLE orders (customer TEXT, amount INTEGER)');
foreach (range(1, 5) as $amount) {
    query("INSERT INTO orders VALUES ('ann', $amount)");
}
echo query('SELECT customer, sum(amount) FROM orders GROUP BY customer'), "\n";
?>
--EXPECT--
ann|15
