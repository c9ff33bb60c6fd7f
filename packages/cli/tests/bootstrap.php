<?php

declare(strict_types=1);

foreach (['PHP', 'MODULE', 'PHAR', 'PACKAGE', 'SCRATCH'] as $name) {
    if ((string) getenv($name) === '') {
        fwrite(STDERR, "$name is not set: run tools/test-cli\n");
        exit(64);
    }
}
spl_autoload_register(static function (string $class): void {
    $folders = [
        'Sitelock\Cli\Tests\\' => __DIR__,
        'Sitelock\Cli\\' => __DIR__ . '/../src',
        'Sitelock\Symfony\Tests\\' => __DIR__ . '/../../symfony-lock/tests',
    ];
    foreach ($folders as $namespace => $folder) {
        if (strncmp($class, $namespace, strlen($namespace)) === 0) {
            require "$folder/" . strtr(substr($class, strlen($namespace)), '\\', '/') . '.php';
            return;
        }
    }
});
