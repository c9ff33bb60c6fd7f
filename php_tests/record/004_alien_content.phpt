--TEST--
Torn, empty, huge or foreign content never breaks the lock
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$whole = null;
$lock = new Sitelock\FileLock($path, 'label');
$lock->acquire();
$whole = file_get_contents($path);
$lock->release();
$contents = [
    'empty' => '',
    'one byte' => 'x',
    'EasyEngine' => "example.com (PID: 4211)\n",
    'torn' => substr($whole, 0, 300) . str_repeat("\0", 212),
    'cut' => substr($whole, 0, 100),
    'other version' => 'sitelock 2' . substr($whole, 10),
    'wrong sum' => str_replace('label label', 'label lebal', $whole),
    'size too large' => str_replace('size 0512', 'size 9999', $whole),
    'size zero' => str_replace('size 0512', 'size 0000', $whole),
    'binary' => random_bytes(4096),
    'huge' => str_repeat("line\n", 1 << 20),
];
foreach ($contents as $kind => $content) {
    file_put_contents($path, $content);
    $reader = new Sitelock\FileLock($path);
    $fine = $reader->acquireShared() && $reader->getAbandonedBy() === [] && file_get_contents($path) === $content;
    $reader->release();
    $fine = $fine && $lock->acquire() && $lock->getAbandonedBy() === [] && count($lock->getHolders()) === 1
        && $lock->getHolders()[0]->getLabel() === 'label';
    $lock->release();
    check($kind, $fine && strpos(file_get_contents($path), 'sitelock 1 released') === 0);
}
?>
--EXPECT--
ok empty
ok one byte
ok EasyEngine
ok torn
ok cut
ok other version
ok wrong sum
ok size too large
ok size zero
ok binary
ok huge
