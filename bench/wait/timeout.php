<?php

/* timeout.php CONTESTANT PATH SECONDS COUNT: how much later than SECONDS it gives up, ns each. */

require __DIR__ . '/contestants.php';

[, $name, $path, $seconds, $count] = $argv;
$holder = hold_in_child($name, $path);
$lock = contestant($name, $path);
for ($i = 0; $i <= $count; $i++) {
    $start = hrtime(true);
    expect(!$lock->acquireWithin((float) $seconds));
    $late = hrtime(true) - $start - (int) ($seconds * SECOND);
    if ($i > 0) { // the first one warms up
        echo $late, "\n";
    }
}
end_child($holder);
