<?php

declare(strict_types=1);

foreach (['PHP', 'MODULE', 'SCRATCH'] as $name) {
    if ((string) getenv($name) === '') {
        fwrite(STDERR, "$name is not set: run tools/test-easyengine\n");
        exit(64);
    }
}
foreach (['Running', 'HostTestCase'] as $class) {
    require __DIR__ . "/$class.php";
}
foreach (['Server', 'PostgreSqlServer', 'Servers'] as $class) {
    require __DIR__ . "/../../symfony-lock/tests/$class.php";
}
