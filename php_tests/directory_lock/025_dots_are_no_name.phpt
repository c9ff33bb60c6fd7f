--TEST--
A path that ends in "." or "..": no lock has such a name, and nothing is touched; other names with dots are names
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path_alone();
$in = dirname($path);
mkdir("$in/place");
touch("$in/place/theirs");
chdir("$in/place");
$state = function () use ($in): array {
    clearstatcache();
    return [stat($in), stat("$in/place"), stat("$in/place/theirs"), entries($in), entries("$in/place")];
};
$before = $state();
foreach (['Sitelock\DirectoryLock', 'Sitelock\FileLock'] as $class) {
    foreach (["$in/place/.", "$in/place/..", "$in/.", '.', '..', './.', './..', '../.', '../..', '/.', '/..', "$in//place//.", "$in/place/missing/..", "$in/missing/."] as $bad) {
        try {
            $lock = new $class($bad);
            echo "NOT OK $class($bad) was made, at ", $lock->getPath(), "\n";
        } catch (Throwable $e) {
            $known = $e instanceof InvalidArgumentException || get_class($e) === 'ValueError';
            check("$class " . str_replace($in, '', $bad), $known && preg_match('/must not end in "\." or "\.\."$/', $e->getMessage()) === 1);
        }
    }
}
check('nothing was touched', $state() === $before && Sitelock\held() === []);
foreach (['Sitelock\DirectoryLock', 'Sitelock\FileLock'] as $class) {
    foreach (['...', '.lock', 'lock.', '..lock', 'lock..', './lock', '../lock', '.../lock'] as $good) {
        if ($good === '.../lock') {
            mkdir('...');
        }
        $lock = new $class($good);
        check("$class $good", $lock->acquire() && file_exists($good) && $lock->getPath() === realpath($good));
        $lock->release();
        is_file($good) && unlink($good);
        is_dir('...') && rmdir('...');
    }
}
check('nothing is left', entries("$in/place") === ['theirs'] && entries($in) === ['place']);
?>
--EXPECT--
ok Sitelock\DirectoryLock /place/.
ok Sitelock\DirectoryLock /place/..
ok Sitelock\DirectoryLock /.
ok Sitelock\DirectoryLock .
ok Sitelock\DirectoryLock ..
ok Sitelock\DirectoryLock ./.
ok Sitelock\DirectoryLock ./..
ok Sitelock\DirectoryLock ../.
ok Sitelock\DirectoryLock ../..
ok Sitelock\DirectoryLock /.
ok Sitelock\DirectoryLock /..
ok Sitelock\DirectoryLock //place//.
ok Sitelock\DirectoryLock /place/missing/..
ok Sitelock\DirectoryLock /missing/.
ok Sitelock\FileLock /place/.
ok Sitelock\FileLock /place/..
ok Sitelock\FileLock /.
ok Sitelock\FileLock .
ok Sitelock\FileLock ..
ok Sitelock\FileLock ./.
ok Sitelock\FileLock ./..
ok Sitelock\FileLock ../.
ok Sitelock\FileLock ../..
ok Sitelock\FileLock /.
ok Sitelock\FileLock /..
ok Sitelock\FileLock //place//.
ok Sitelock\FileLock /place/missing/..
ok Sitelock\FileLock /missing/.
ok nothing was touched
ok Sitelock\DirectoryLock ...
ok Sitelock\DirectoryLock .lock
ok Sitelock\DirectoryLock lock.
ok Sitelock\DirectoryLock ..lock
ok Sitelock\DirectoryLock lock..
ok Sitelock\DirectoryLock ./lock
ok Sitelock\DirectoryLock ../lock
ok Sitelock\DirectoryLock .../lock
ok Sitelock\FileLock ...
ok Sitelock\FileLock .lock
ok Sitelock\FileLock lock.
ok Sitelock\FileLock ..lock
ok Sitelock\FileLock lock..
ok Sitelock\FileLock ./lock
ok Sitelock\FileLock ../lock
ok Sitelock\FileLock .../lock
ok nothing is left
