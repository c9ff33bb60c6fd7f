<?php

declare(strict_types=1);

/*
 * Makes the phar from packages/cli with its vendor folder. Run by tools/build-phar.
 *
 *     php -d phar.readonly=0 phar.php PACKAGE OUTPUT
 */

const ALIAS = 'sitelock.phar';

const STUB = <<<'PHP'
    #!/usr/bin/env php
    <?php
    if (!extension_loaded('phar')) {
        fwrite(STDERR, "sitelock: the PHP extension phar is not loaded in " . PHP_BINARY . "\n");
        exit(69);
    }
    Phar::mapPhar('sitelock.phar');
    exit(require 'phar://sitelock.phar/main.php');
    __HALT_COMPILER();

    PHP;

const MAIN = "<?php\nrequire __DIR__ . '/vendor/autoload.php';\nreturn Sitelock\\Cli\\Main::main(\$argv);\n";

/* Composer's autoloader would load every polyfill each time. */
const AUTOLOAD = <<<'PHP'
    <?php
    spl_autoload_register(static function (string $class): void {
        static $files = %s;
        if ($class === 'Symfony\Component\Console\Application') {
    %s
        }
        if (isset($files[$class])) {
            require dirname(__DIR__) . '/' . $files[$class];
        }
    });
    %s

    PHP;

/* Functions are not loaded when they are wanted. What stands behind a file is true where they are there without it. */
const FUNCTIONS = [
    'vendor/symfony/deprecation-contracts/function.php' => 'false',
    'vendor/symfony/polyfill-php80/bootstrap.php' => 'PHP_VERSION_ID >= 80000',
];
const FUNCTIONS_OF_THE_APPLICATION = [
    'vendor/symfony/string/Resources/functions.php' => 'false',
    'vendor/symfony/polyfill-ctype/bootstrap.php' => "extension_loaded('ctype')",
    'vendor/symfony/polyfill-mbstring/bootstrap.php' => "extension_loaded('mbstring')",
    'vendor/symfony/polyfill-intl-normalizer/bootstrap.php' => "extension_loaded('intl')",
    'vendor/symfony/polyfill-intl-grapheme/bootstrap.php' => "extension_loaded('intl')",
];

/* Of symfony/cache only what connects to Redis and the like. */
const UNUSED = 'symfony/var-exporter/|symfony/cache/(?!LICENSE|ResettableInterface|Exception/|Traits/|Adapter/(Abstract|Memcached|Redis)?Adapter)';

function requires(array $files): string
{
    $lines = '';
    foreach ($files as $file => $there) {
        $lines .= "$there || require dirname(__DIR__) . '/$file';\n";
    }
    return $lines;
}

[, $package, $output] = $argv;
$package = realpath($package);

/** @return string[] paths within the package */
function files_of(string $folder): array
{
    $files = [];
    $tree = new RecursiveIteratorIterator(new RecursiveDirectoryIterator($folder, FilesystemIterator::SKIP_DOTS));
    foreach ($tree as $file) {
        $files[] = $file->getPathname();
    }
    sort($files);
    return $files;
}

/** Without comments and indentation: sooner read. Lines keep their numbers. */
function shortened(string $code): string
{
    $text = '';
    foreach (token_get_all($code) as $token) {
        if (is_array($token) && in_array($token[0], [T_COMMENT, T_DOC_COMMENT, T_WHITESPACE], true)) {
            $text .= str_repeat("\n", substr_count($token[1], "\n")) ?: ' ';
        } else {
            $text .= is_array($token) ? $token[1] : $token;
        }
    }
    return $text;
}

@unlink($output);
$phar = new Phar($output, 0, ALIAS);
$phar->startBuffering();
$used = '{/(src|vendor)/(?!composer/|autoload|bin/)(?!.*/(Tests?|tests|Tester)/)(?!' . UNUSED . ').*(\.php|/LICENSE|/Resources/(bin|completion).*)$}';
foreach (preg_grep($used, files_of($package)) as $file) {
    $text = file_get_contents($file);
    $phar[substr($file, strlen($package) + 1)] = substr($file, -4) === '.php' ? shortened($text) : $text;
}

$phar['LICENSE'] = file_get_contents("$package/LICENSE");

$classes = require "$package/vendor/composer/autoload_classmap.php";
foreach ($classes as $class => $file) {
    $classes[$class] = substr($file, strlen($package) + 1);
}
$classes = array_filter($classes, static function (string $file) use ($phar): bool {
    return isset($phar[$file]);
});
ksort($classes);
$phar['main.php'] = MAIN;
$phar['vendor/autoload.php'] = sprintf(AUTOLOAD, var_export($classes, true), requires(FUNCTIONS_OF_THE_APPLICATION), requires(FUNCTIONS));
$phar->setStub(STUB);
$phar->setSignatureAlgorithm(Phar::SHA1);
$phar->stopBuffering();
chmod($output, 0755);
