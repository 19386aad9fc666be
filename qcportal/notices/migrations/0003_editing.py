import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


def fill(apps, schema_editor):
    """What stood in one line becomes rows of its own; the Word form joins its pair."""
    Notice = apps.get_model("notices", "Notice")
    NoticeAttachment = apps.get_model("notices", "NoticeAttachment")
    main = {}
    for notice in Notice.objects.order_by("-pinned", "published_at", "pk"):
        notice.signatures = [name for name in notice.signed_by.split("\u3000") if name]
        notice.is_main = main.setdefault(notice.campaign_id, notice.pk) == notice.pk
        first, _, rest = notice.body.strip().partition("\n")
        if first.strip().endswith("：") and len(first) <= 300 and rest.strip():
            notice.addressees, notice.body = first.strip()[:-1], rest.strip()
        notice.save(update_fields=["signatures", "is_main", "addressees", "body"])
    for attachment in NoticeAttachment.objects.filter(kind="form_word"):
        attachment.kind, attachment.word_id = "form", attachment.document_id
        attachment.document_id = None
        attachment.save(update_fields=["kind", "word", "document"])
    if schema_editor.connection.vendor == "postgresql":
        # Keys are checked at the end of a transaction; the tables change before it.
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def keep(apps, schema_editor):
    """Backwards: the first signature line is put together again."""
    Notice = apps.get_model("notices", "Notice")
    for notice in Notice.objects.all():
        notice.signed_by = "\u3000".join(notice.signatures)[:120]
        if notice.addressees:
            notice.body = f"{notice.addressees}：\n\n{notice.body}"
        notice.save(update_fields=["signed_by", "body"])


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0013_form_editing'),
        ('documents', '0001_initial'),
        ('notices', '0002_categories'),
    ]

    operations = [
        migrations.AddField(
            model_name='notice',
            name='addressees',
            field=models.CharField(blank=True, max_length=300, verbose_name='主送单位'),
        ),
        migrations.AddField(
            model_name='notice',
            name='corrects',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='notices.notice', verbose_name='更正哪份通知'),
        ),
        migrations.AddField(
            model_name='notice',
            name='document_number',
            field=models.CharField(blank=True, max_length=60, verbose_name='文号'),
        ),
        migrations.AddField(
            model_name='notice',
            name='document_number_key',
            field=models.CharField(blank=True, db_index=True, editable=False, help_text='统一括号和空白后的文号，供检索', max_length=60),
        ),
        migrations.AddField(
            model_name='notice',
            name='is_main',
            field=models.BooleanField(default=False, help_text='布置整个活动的那一份，一个活动一份', verbose_name='活动通知'),
        ),
        migrations.AddField(
            model_name='notice',
            name='paper',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='documents.document'),
        ),
        migrations.AddField(
            model_name='notice',
            name='saved_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='最近保存'),
        ),
        migrations.AddField(
            model_name='notice',
            name='saved_by_name',
            field=models.CharField(blank=True, max_length=40, verbose_name='最近保存人'),
        ),
        migrations.AddField(
            model_name='notice',
            name='signatures',
            field=models.JSONField(blank=True, default=list, help_text='全称，与公章一致，按落款的顺序', verbose_name='落款单位'),
        ),
        migrations.AddField(
            model_name='notice',
            name='version',
            field=models.PositiveIntegerField(default=1),
        ),
        migrations.AddField(
            model_name='notice',
            name='withdrawn_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='撤回时间'),
        ),
        migrations.AddField(
            model_name='notice',
            name='withdrawn_reason',
            field=models.CharField(blank=True, max_length=200, verbose_name='撤回原因'),
        ),
        migrations.AddField(
            model_name='noticeattachment',
            name='link',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='notices.notice', verbose_name='哪份通知'),
        ),
        migrations.AddField(
            model_name='noticeattachment',
            name='word',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='documents.document'),
        ),
        migrations.AlterField(
            model_name='notice',
            name='body',
            field=models.TextField(validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='正文'),
        ),
        migrations.AlterField(
            model_name='notice',
            name='published_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='发布时间'),
        ),
        migrations.AlterField(
            model_name='noticeattachment',
            name='audience',
            field=models.CharField(choices=[('filers', '班组和单位用'), ('recommenders', '推荐单位用')], max_length=16, verbose_name='给谁用'),
        ),
        migrations.AlterField(
            model_name='noticeattachment',
            name='category',
            field=models.ForeignKey(blank=True, help_text='空白申报表取哪一类的表；空着取第一类', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campaigns.category', verbose_name='类别'),
        ),
        migrations.AlterField(
            model_name='noticeattachment',
            name='document',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='documents.document'),
        ),
        migrations.AlterField(
            model_name='noticeattachment',
            name='kind',
            field=models.CharField(choices=[('upload', '上传的文件'), ('text', '写在这里的文字'), ('form', '空白申报表（PDF 和 Word）'), ('summary', '活动总结的要求'), ('statistics', '空白活动统计表'), ('table', '空白推荐表'), ('review', '空白评审汇总表'), ('notice', '另一份通知')], default='upload', max_length=16, verbose_name='内容'),
        ),
        migrations.AlterField(
            model_name='noticeattachment',
            name='paragraphs',
            field=models.JSONField(blank=True, default=list, verbose_name='文字'),
        ),
        migrations.RunPython(fill, keep),
        migrations.RemoveField(
            model_name='notice',
            name='signed_by',
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.UniqueConstraint(condition=models.Q(('is_main', True), ('withdrawn_at__isnull', True)), fields=('campaign',), name='notice_one_main'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.CheckConstraint(condition=models.Q(('withdrawn_at__isnull', True), models.Q(('published_at__isnull', False), models.Q(('withdrawn_reason', ''), _negated=True)), _connector='OR'), name='notice_withdrawn_with_reason'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.CheckConstraint(condition=models.Q(('corrects__isnull', True), models.Q(('corrects', models.F('id')), _negated=True), _connector='OR'), name='notice_not_its_own_correction'),
        ),
        migrations.AddConstraint(
            model_name='noticeattachment',
            constraint=models.UniqueConstraint(fields=('notice', 'number'), name='attachment_number_once'),
        ),
    ]
