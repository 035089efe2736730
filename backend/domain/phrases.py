"""Which words do absence notes and acknowledgements use, by language? Data only; `absences` and `automatic` weigh it.

English, German, French, Spanish, Portuguese, Italian, Dutch, Swedish, Danish, Norwegian, Finnish, Polish, Czech,
Hungarian, Romanian, Turkish, Russian, Ukrainian, Greek, Hebrew, Arabic, Japanese, Chinese, Korean.
"""

import re

from backend.domain import absence_words, acknowledgement_words

_I = re.IGNORECASE

# A subject that begins like this is an automatic answer's. Sources: Jitbit KB 24552107, the defaults of Outlook,
# Gmail, Notes, GroupWise and Zimbra in their languages.
ABSENT_SUBJECT = re.compile(
    r"[\W_]*(?:auto:|(?:vacation|away|holidays?|leave|urlaub|ferien|closed|office closed|maternity leave|"
    r"parental leave|sick leave|"
    r"semester|ferie|urlop|absent|ooo|oof)\s*[:\-–]|maternity leave\b|parental leave\b|gone (?:for|until|till|"
    r"fishing)|"
    r"auto[ -]antwort|au(?:ß|ss)er haus|.{2,50} (?:is|ist|est|está|è|er|är|on) (?:currently |zur zeit |"
    r"derzeit )?(?:out of (?:the )?"
    r"(?:office|country)|au(?:ß|ss)er haus|nicht im (?:büro|hause?)|abwesend|absente?\b|ausente|assente|"
    r"fuori (?:ufficio|sede)|"
    r"afwezig|on (?:leave|vacation|holiday))|auto(?:matic|mated|matisch\w*|matica|mático|matique)?[ _-]?(?:reply|"
    r"response|answer|respond\w*|"
    r"responce|message from)\b|"
    r"autoreply|autoresponse|auto(?:matische|matisierte)? ?antwort|abwesenheits?(?:notiz|nachricht|meldung|"
    r"hinweis|assistent|mail|info)?\b|"
    r"abwesend\b|ich bin (?:nicht|derzeit|zur zeit|im urlaub|außer)|außer haus|nicht im (?:büro|haus)|"
    r"urlaub(?:snotiz|smeldung|svertretung)\b|"
    r"out[ -]?of[ -]?(?:the[ -]?)?office|\(?ooo\)?\b(?=\s*[:\-])|out of (?:the )?country|away from (?:my|"
    r"the) (?:mail|office|desk|email)|"
    r"on (?:vacation|holiday|leave|annual leave|maternity leave|parental leave)\b|vacation (?:reply|message|"
    r"notice|response|auto)|"
    r"(?:i am|i'm) (?:currently )?(?:out|away|on)\b|currently (?:out|away)|absence (?:message|notice|"
    r"notification)|holiday (?:reply|message)|"
    r"r[ée]ponse automatique|message automatique|r[ée]ponse d'absence|absen(?:ce|t|te) (?:du|de|jusqu)|"
    r"absence ?:|avis d'absence|notification d'absence|"
    r"en cong[ée]s?\b|(?:message|notification) d.absence|je suis (?:absent|en congé)|"
    r"respuesta autom[áa]tica|fuera de (?:la )?oficina|aviso de ausencia|ausencia\b|mensaje autom[áa]tico|"
    r"contestaci[óo]n autom|de vacaciones|"
    r"resposta autom[áa]tica|ausência|fora do escrit[óo]rio|estou (?:de férias|ausente)|mensagem autom[áa]tica|"
    r"em férias|aus[êe]nte|"
    r"risposta automatica|fuori (?:ufficio|sede)|assenza|messaggio automatico|assente|sono (?:assente|in ferie|"
    r"fuori)|avviso di assenza|"
    r"automatisch antwoord|automatische (?:beantwoording|reactie)|afwezig|niet aanwezig|ik ben (?:afwezig|"
    r"met vakantie|niet)|"
    r"autosvar|automatiskt svar|frånvaro|frånvarande|automatisk svar|ikke til stede|fraværs|fravær|"
    r"feriemeddelelse|ikke på kontor|ute av kontoret|"
    r"automaattinen (?:vastaus|poissaolo)|poissaolo|poissa toimistosta|lomavastaaja|"
    r"automatyczna odpowied[źz]|odpowied[źz] automatyczna|autoodpowied|poza biurem|nieobecno[śs][ćc]|"
    r"automatick[áaée] odpov[ěe][ďd]|automatick[áa] odpoveď|nep[řr]ítomnost|mimo kancelář|"
    r"automatikus v[áa]lasz|házon kívül|távolléti|automatické? |r[ăa]spuns automat|mesaj automat|în concediu|"
    r"otomatik (?:yan[ıi]t|cevap)|ofis d[ıi][şs][ıi]|автоматический ответ|автоответ|вне офиса|в отпуске|"
    r"отсутству|нет на месте|"
    r"автоматична відповідь|автовідповід|αυτόματη απάντηση|εκτός γραφείου|απουσία|"
    r"自動(?:応答|返信|回覆)|自动(?:回复|答复|回覆)|不在(?:通知|のお知らせ|連絡)|"
    r"外出中|自動回覆|자동 ?(?:회신|응답|답장)|부재 ?중|"
    r"תשובה אוטומטית|מענה אוטומטי|מחוץ למשרד|رد تلقائي|الرد التلقائي|خارج المكتب|automatski odgovor|"
    r"автоматичен отговор|"
    r"samodejni odgovor|automatinis atsakymas|automātisk\w+ atbilde|automaatvastus|svar[:] fraværende|"
    r"sjálfvirkt svar|trả lời tự động|"
    r"balasan otomatis|di luar kantor|"
    rf"{absence_words.SUBJECT})",
    _I,
)
ABSENT_IN_SUBJECT = re.compile(
    r"\bout of (?:the )?office\b|\(?automatic reply\)?$|auto-?reply\b|abwesenheits(?:notiz|assistent)|\babwesend\b|"
    r"ausência temporária|自動応答|自动(?:回复|答复)|ofis dışı mesajı|is out of (?:the )?office|(?:is|am) (?:away|"
    r"on (?:vacation|leave|"
    r"holiday))|"
    r"ist (?:nicht im (?:büro|haus)|außer haus|abwesend)|est absente?|está (?:ausente|fuera)|è (?:assente|fuori)|"
    r"je (?:afwezig|mimo)|ei ole toimistolla|nie ma (?:mnie|go|jej)|[\(\[](?:ooo|oof|autoreply|auto-reply|"
    r"vacation)[\)\]]",
    _I,
)


MARKED_AT_END = re.compile(
    r"[(\[](?:auto(?:matic|mated)?[ -]?(?:response|reply)|out of (?:the )?office)[^)\]]{0,40}[)\]]\s*$", _I
)


# The words below weigh: automatic 3, absent 2, the rest 1 each.
AUTOMATIC = re.compile(
    rf"{absence_words.UNREAD}|"
    r"(?<!not )(?<!not an )(?:this is an? (?:auto\w*|computer)[ -]?(?:generated|reply|response|message|e?-?mail|"
    r"notification)|"
    r"(?:^|[\[(*])\W{0,3}auto(?:matic|mated)?[ -]?(?:reply|response)\b|"
    r"(?:mailbox|inbox|(?:e-?mail )?address|account) is (?:not|no longer|un)[ -]?(?:being )?(?:monitored|"
    r"attended|read|in use|active)|"
    r"unmonitored|unattended (?:mailbox|e-?mail)|automated (?:reply|response|message|e-?mail)|"
    r"automatically generated|auto-?generated|autoresponder|auto-?responder|automatic e-?mail)|"
    r"(?:dies(?:e|es) ist eine? |eine )?automatisch(?:e|en)? (?:generierte|erstellte|erzeugte|antwort|nachricht|"
    r"e-?mail)|automatisch (?:generiert|erstellt|erzeugt|versendet)|"
    r"(?:message|réponse|courriel) automatique|généré automatiquement|(?:mensaje|respuesta|"
    r"correo) (?:autom[áa]tic|generad\w autom)|"
    r"(?:mensagem|resposta|e-?mail) autom[áa]tic|(?:messaggio|risposta|e-?mail) automatic|"
    r"generat[oa] automaticamente|"
    r"automatisch(?:e)? (?:antwoord|bericht|gegenereerd|reactie|beantwoording|e-?mail)|autosvar|"
    r"automatiskt? (?:svar|meddelande|generer|besked|melding)|"
    r"automaattinen (?:vastaus|viesti)|automatyczn\w+ (?:odpowied|wiadomo)|wygenerowan\w+ automatycznie|"
    r"automatick\w+ (?:odpov|zpráv|správ)|"
    r"automatikus (?:válasz|üzenet)|r[ăa]spuns automat|mesaj automat|otomatik (?:yanıt|cevap|mesaj|olarak)|"
    r"автоматическ\w+ (?:ответ|сообщен|уведомл)|автоответ|автоматичн\w+ (?:відповід|повідомл)|"
    r"αυτόματ\w+ (?:απάντηση|μήνυμα)|"
    r"自動(?:応答|返信|送信|的に)|自动(?:回复|发送|答复)|自動(?:回覆|發送)|자동 ?(?:회신|응답|발송|답장)",
    _I,
)
_NOW = r"(?:currently |presently |now |actually |temporarily |officially )?"
ABSENT = re.compile(
    r"\b(?:i am|i'm|i’m|we are|i will be|i'll be|i’ll be|am|she is|he is|"
    rf"is) {_NOW}(?:going to be )?(?:out of (?:the |my |our )?(?:office|country|town)|out[- ]of[- ]office|"
    r"away(?: from| until| on| for|\.|,)|"
    r"on (?:annual |maternity |paternity |parental |sick |medical |study |vacation |holiday )?(?:leave|vacation|"
    r"holidays?|pto|furlough|sabbatical|a business trip|business travel)|"
    r"off (?:on|until|till|from|sick|work)\b|on (?:\w+ ){0,3}leave\b|travell?ing|not in (?:the )?office|"
    r"unavailable|out (?:on|until|today|this week|sick)|ooo\b|attending|enjoying)|"
    r"out of (?:the )?office (?:until|till|from|on|through|today|this week|and|with|beginning|starting)|"
    r"\b(?:on leave|on vacation|on holiday) (?:until|till|from|through)|(?:no longer|not) (?:works?|working|"
    r"employed|with) (?:for|at|with|here)|has left (?:the )?company|no longer (?:with|at) |"
    r"(?:our|the) offices? (?:is|are|will be) (?:currently |now )?closed|we are (?:currently )?closed|"
    r"ich werde .{0,40}(?:nicht (?:im (?:büro|hause?)|erreichbar)|abwesend)|"
    r"ich bin .{0,60}(?:nicht (?:im (?:büro|hause?)|erreichbar|am platz|persönlich)|außer haus|abwesend|"
    r"im urlaub|auf dienstreise|in elternzeit|unterwegs|verreist)|"
    r"(?:zur zeit|zurzeit|derzeit|momentan|bin ich|bis zum) .{0,50}(?:nicht (?:im (?:büro|hause?)|erreichbar)|"
    r"außer haus|abwesend|im urlaub)|nicht mehr (?:für|bei|im unternehmen)|"
    r"(?:je suis|je serai|nous sommes) (?:actuellement |absente? |en |momentanément )?.{0,30}(?:absente?|"
    r"cong[ée]s?|déplacement|vacances|indisponible|hors du bureau|fermé)|"
    r"(?:estoy|estaré|me encuentro|estamos|me encontraré) .{0,30}(?:fuera|ausente|vacaciones|de viaje|de baja|"
    r"de licencia)|"
    r"(?:estou|estarei|encontro-me|estamos) .{0,30}(?:fora|ausente|férias|de licença|em viagem)|"
    r"(?:sono|sarò|siamo) .{0,30}(?:fuori (?:ufficio|sede)|assente|in ferie|in vacanza|in viaggio|in maternità)|"
    r"non sono in ufficio|(?:l')?ufficio (?:è|sarà|resterà|rimarrà) chius\w|"
    r"(?:ik ben|ben ik|wij zijn) .{0,40}(?:afwezig|niet (?:op kantoor|aanwezig|bereikbaar)|vakantie|verlof|"
    r"buiten kantoor)|"
    r"(?:jag är|är jag|vi är) .{0,30}(?:frånvarande|inte på (?:kontoret|plats)|semester|ledig|tjänsteresa|"
    r"föräldraledig|bortrest)|"
    r"(?:jeg er|er jeg|vi er|holder) .{0,30}(?:ikke (?:på (?:kontoret|arbejde|jobb)|til stede)|ferie|fraværende|"
    r"bortreist|ute av kontoret|ude af (?:huset|kontoret)|orlov|permisjon|barsel)|"
    r"(?:olen|en ole) .{0,30}(?:lomalla|poissa|matkoilla|tavoitettavissa|toimistolla|vapaalla)|"
    r"(?:jestem|będę|przebywam) .{0,30}(?:nieobecn|poza biurem|na urlopie|urlopie|niedostępn|w delegacji)|"
    r"nie ma mnie w (?:biurze|pracy)|"
    r"(?:jsem|budu|som) .{0,30}(?:nepřítom|neprítom|mimo kancelář|na dovolené|na dovolenke|mimo kancelári)|"
    r"(?:dovolenou|dovolenku|dovolené)|"
    r"(?:nem vagyok (?:az irodában|elérhető)|szabadságon|házon kívül|távol vagyok|irodán kívül)|"
    r"(?:sunt|voi fi) .{0,30}(?:plecat|concediu|în afara biroului|indisponibil)|(?:ofis dışında|izinde(?:yim)?|"
    r"ofiste (?:değilim|olmayacağım)|yıllık izin|tatilde(?:yim)?)|"
    r"(?:я |нахожусь |буду )?.{0,20}(?:в отпуске|вне офиса|в командировке|отсутствую|буду отсутствовать|"
    r"нет (?:на (?:рабочем )?месте|в офисе|на работе))|(?:у відпустці|поза офісом|у відрядженні|відсутн(?:ій|я))|"
    r"(?:εκτός γραφείου|απουσιάζω|θα (?:απουσιάζω|λείπω)|σε άδεια|βρίσκομαι σε)|"
    r"(?:不在に(?:して|し)|不在です|外出して|休暇(?:中|を|のため|をいただ)|休業|出張(?:中|して|のため)|"
    r"お休みをいただ)|(?:不在办公室|外出(?:中|期间)|休假|出差|正在度假|"
    r"不在辦公室|休假中|年假)|"
    r"(?:부재 ?중|휴가 ?중|휴가(?:로|입니다)|출장 ?중|자리를 비)|(?:מחוץ למשרד|בחופשה|בחופש)|(?:خارج المكتب|في إجازة)|"
    r"(?:büro|praxis|kanzlei|geschäft|betrieb|agentur|wir haben)\w* .{0,60}(?:geschlossen|betriebsferien)|"
    r"betriebs(?:ferien|urlaub)|bin (?:ich )?.{0,20}(?:erkrankt|krank)|krank(?:geschrieben|heitsbedingt)|"
    r"bin (?:ich )?.{0,20}in (?:mutterschutz|elternzeit)|befinde mich .{0,40}(?:urlaub|elternzeit|dienstreise)|"
    r"(?:bureaux|cabinet|agence|magasin|société|entreprise) .{0,30}ferm[ée]|en arrêt maladie|"
    r"(?:oficinas?|despacho) .{0,30}cerrad|(?:escritório|empresa) .{0,30}fechad|em licença|"
    r"(?:uffici|negozio|azienda|studio) .{0,30}chius|in malattia|"
    r"(?:kantoor|praktijk) .{0,30}gesloten|(?:mă|ma) aflu .{0,20}(?:concediu|deplasare)|"
    r"nejsem (?:v (?:kanceláři|práci)|přítom)|čerpám dovolenou|na nemocenské|"
    r"ik werk niet op|ich arbeite (?:\w+ ){0,2}nicht|je ne travaille pas|i (?:do not|don['’]t) work on (?:mon|"
    r"tue|wed|thu|fri)|"
    r"jag jobbar inte|jeg arbejder ikke|doğum izn|iznindeyim|"
    r"\bi (?:only )?work (?:part[- ]time|(?:on )?(?:mon|tue|wed|thu|fri)\w+ (?:to|through|and|-))|"
    r"my (?:normal |usual )?(?:working|office|work) (?:days|hours) are|"
    rf"{absence_words.ABSENT}|{absence_words.LEFT}",
    _I,
)
BACK = re.compile(
    r"\b(?:will (?:be )?(?:back|return)|(?:i'll|i’ll) (?:be )?(?:back|return)|be back|re-?open(?:s|ing)?|returning|"
    r"return(?:ing)? to (?:the |my )?(?:office|work|desk)|back (?:on|in the office|at (?:work|my desk))|"
    r"upon (?:my |our )?return|"
    r"when (?:i|we) (?:return|get back|am back|are back|re-?open)|next (?:working|business) day|on my return|"
    r"until (?:the )?(?:\d|mon|tue|wed|thu|"
    r"fri|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)|as soon as i (?:return|am back|get back))|"
    r"wieder (?:im (?:büro|hause?)|erreichbar|da|für sie|zurück)|zurück|bis (?:zum |einschließlich |"
    r"inkl\w*\.? )?\d|ab (?:dem )?\d|nach meiner rückkehr|rückkehr|"
    r"(?:de retour|mon retour|jusqu'?a?u|je reviens|je serai de retour)|(?:mi (?:regreso|vuelta)|hasta el|"
    r"regreso|vuelvo|a mi vuelta|regresar[ée]|volver[ée])|"
    r"(?:meu (?:regresso|retorno)|até (?:o |ao )?(?:dia )?\d|retorn(?:o|arei)|volto|regresso|voltarei)|"
    r"(?:mio (?:rientro|ritorno)|fino al|rientr(?:o|erò)|sarò di (?:nuovo|ritorno)|torn(?:o|erò))|"
    r"(?:terug|tot en met|weer (?:aanwezig|bereikbaar|op kantoor)|t/m|vanaf)|(?:tillbaka|åter(?:kommer)?|"
    r"till och med|t\.?o\.?m)|(?:tilbage|tilbake|til og med|t\.?o\.?m\b)|"
    r"(?:palaan|takaisin|paluu|saakka|asti)|(?:wracam|wrócę|powr[oó]t|do dnia)|(?:vrátím|zpět|návrat|späť|"
    r"vrátim)|(?:visszatér|-ig\b|leszek újra|érkezem)|(?:revin|întoarc|până (?:la|în|pe))|"
    r"(?:döneceğim|dönüş|tarihine kadar|tarihinde|kadar)|(?:вернусь|выйду|возвращ|по \d|до \d)|(?:повернусь|"
    r"поверненн)|(?:επιστρ|μέχρι|έως)|(?:戻り|まで|復帰|出社)|(?:返回|回来|回到|至\d|期间|回來)|(?:복귀|까지|돌아)|"
    r"\b(?:from|vom|du|del|dal|van|od) .{0,16}\d.{0,20}\b(?:to|through|till|bis|au|al|tot|t/m|do)\b|"
    r"indtil|r[ée]ouverture|riapertura|riapriremo|a notre réouverture|dès notre retour|reabri|"
    rf"{absence_words.BACK}",
    _I,
)
INSTEAD = re.compile(
    r"\b(?:(?:in|for|if|with) (?:an? |any |your |it'?s |it is |this is |you have an? |"
    r"you need )?(?:case of )?(?:urgen\w+|emergenc\w+|immediate|anything urgent|assistance)|please (?:contact|"
    r"reach out|call|e-?mail|direct)|(?:urgent|immediate) (?:matter|assistance|request|enquir|inquir|issue|"
    r"attention|help|need)|in my absence|contact my (?:colleague|assistant)|(?:matter|request|issue)s? is urgent|"
    r"covering for me)|"
    r"in dringenden|dringende[nrs]?|in eiligen|in meiner abwesenheit|wenden sie sich|kontaktieren sie|"
    r"vertret(?:ung|en|er)|meine kolleg|"
    r"en cas d'urgence|pour toute urgence|urgen(?:t|ce)|vous pouvez (?:contacter|joindre)|veuillez (?:contacter|"
    r"vous adresser)|en mon absence|"
    r"(?:en caso de|para) (?:urgencia|emergencia|cualquier|asuntos)|urgente|p[óo]ng(?:ase|anse) en contacto|"
    r"contact(?:e|ar|en) (?:con|a)|"
    r"em caso de (?:urgência|emergência)|por favor,? contact|favor (?:contat|contact)|entre em contato|"
    r"in caso di (?:urgenza|necessità|emergenza)|per (?:urgenze|comunicazioni urgenti|questioni urgenti)|"
    r"(?:contattare|rivolgersi|scrivere a)|"
    r"(?:voor|in) (?:dringende|spoed|urgente)|neem(?:t u)? (?:dan )?contact|contact op(?:nemen)? met|collega|"
    r"vid brådskande|brådskande|kontakta|ved (?:haste|presserende|akutte|behov)|haster|kontakt(?:e)? (?:venligst|"
    r"min|gjerne)|hastetilf|"
    r"kiireellis|kiireisissä|ota(?:tte)? yhteyttä|yhteyttä|w (?:pilnych|nagłych|sprawach pilnych|sprawach)|pilne|"
    r"prosz[ęe] o kontakt|kontakt z|v (?:nal[ée]hav|urgentn|případě)|naléhav|kontaktujte|obraťte|sürgős|"
    r"forduljon|keres(?:se|sék)|"
    r"urgen[țt]e|contacta[țt]i|acil (?:durum|konu|işler)|iletişime geç|по срочн|срочны|обращайтесь|обратитесь|"
    r"свяжитесь|термінов|звертайтесь|επείγον|επικοινων|(?:急ぎ|緊急|至急|ご連絡)|(?:紧急|急事|请联系|緊急|"
    r"請聯(?:絡|繫)|联系|請洽|请洽)|"
    r"(?:급한|긴급|급하신|연락)|"
    r"(?:durante|en) mi ausencia|contact(?:e|ar|en) por favor|dir[ií]j[ao]\w*|(?:neste|nesse) período|contatar|"
    r"merci d['’](?:adresser|écrire|envoyer)|merci de (?:contacter|vous adresser|me joindre)|henvendelser|"
    r"(?:пишите|направляйте) .{0,20}@|по всем вопросам|"
    r"future (?:correspondence|e-?mails?|enquiries|inquiries)|"
    rf"{absence_words.INSTEAD}|{absence_words.ASK}",
    _I,
)
NO_ACCESS = re.compile(
    r"(?:limited|no|not have|without|intermittent|infrequent|sporadic|restricted|little|"
    r"minimal) (?:or no )?(?:regular )?(?:access|connectivity)|(?:not|rarely|occasionally|periodically|"
    r"infrequently) (?:be )?(?:check(?:ing)?|read(?:ing)?|monitor\w*) (?:my )?(?:e-?)?mails?|(?:your|"
    r"all) e?-?mails? will (?:not )?be (?:forwarded|read|deleted|answered)|(?:respond|reply|"
    r"get back) (?:to (?:you|your \w+) )?(?:as soon as (?:possible|i)|when i|upon|on my return|at my earliest|"
    r"after)|delay(?:s|ed)? in (?:my )?(?:respon|repl)|slow(?:er)? to respond|"
    r"(?:nicht|nur (?:eingeschränkt|sporadisch|unregelmäßig)) .{0,25}(?:gelesen|weitergeleitet|lesen|abrufen|"
    r"bearbeitet|e-?mails)|(?:e-?mail|nachricht)\w* wird nicht (?:automatisch )?weitergeleitet|accès (?:limité|"
    r"restreint)|ne (?:consulte|lirai|serai pas en mesure)|(?:acceso|acesso|accesso) (?:limitad[oa]|limitato|"
    r"restringido)|beperkt(?:e)? (?:toegang|bereikbaar)|begränsad|begrænset|begrenset|ograniczony dostęp|omezený|"
    r"ограниченн\w+ доступ|svare? (?:ar|er)?(?:på|dig|deg|när)|svar(?:ar|er) (?:på|dig|deg|när)|"
    r"(?:respond|reply) to (?:all|your|any) \w+ .{0,30}(?:when|upon|once|then|after|next)|"
    r"(?:will )?(?:not|no longer) be (?:read|monitored|checked)|nicht mehr gelesen|risponderemo|nous vous répondrons|"
    rf"{absence_words.SLOW}|"
    r"répondrai (?:à|dès)|responder[ée]|risponderò|antwort(?:e|en) .{0,40}(?:rückkehr|nach)|beantwoord|vastaan|"
    r"odpowiem|odpovím|odpoviem|válaszol|отвечу|yanıtla|cevapla|回信|回复您|返信いたし|답장|답변",
    _I,
)
TOPIC = re.compile(absence_words.TOPIC, _I)
THANKS = re.compile(
    r"\b(?:thanks?(?: you)?(?: very much| so much)? for (?:your|the|contacting|e-?mailing|writing|reaching|"
    r"getting)|vielen dank für ihre|danke für (?:ihre|deine)|merci (?:de votre|pour votre|de m'avoir)|"
    r"gracias por (?:su|tu|contact|escrib)|obrigad[oa] pel[oa]|grazie per (?:la|il|aver|aver)|bedankt voor (?:uw|"
    r"je)|(?:hartelijk )?dank voor|tack för (?:ditt|din|ert)|tak for (?:din|dit|deres)|takk for (?:din|e-?post|"
    r"mail)|kiitos (?:viestist|sähköp)|dzi[eę]kuj[eę] za|děkuji za|ďakujem za|köszön(?:öm|jük)|mulțumesc pentru|"
    r"(?:e-?postanız|mesajınız|mailiniz) için|спасибо за|дякую за|ευχαριστ)|"
    r"メール(?:を|ありがとう)|お問い合わせ|感谢您的|谢谢您的|您好|"
    r"感謝|감사합니다",
    _I,
)
# A person at work on the matter: what absence notes never say.
ENGAGED = re.compile(
    r"\b(?:let'?s|let me|sounds (?:good|great)|looks (?:good|great)|works for me|happy to|could you|can you|"
    r"would you|"
    r"can we|could we|call you|we would like|we'd like|go ahead|so please (?!contact|write|call|use|direct|"
    r"e-?mail|send|be )|i'll send|i will send|"
    r"please (?:pay|ship|book|sign|send (?:me|us|the)|e-?mail me)|price list|bitte (?:buchen|schicken)|"
    r"so the |(?<!ich )(?<!we will )\bmelde mich|on (?:his|her|my|their) behalf|i can (?:sign|answer|help|decide)|"
    r"but (?!(?:i )?(?:will|i'll|shall|am|do|may|can) ?(?:be )?(?:respond|reply|get|check|answer|periodic|read|"
    r"have|still|try))|"
    r"your (?:proposal|offer|quote|slides|question|idea|suggestion|pricing)|see (?:attached|below|my)|"
    r"attached (?:is|are|please)|i (?:think|agree|like|believe)|got it|"
    r"sorry for (?:the|my) (?:late|delay|slow)|(?:was|been|were) (?:out of|away|on vacation|on holiday|on leave|"
    r"travelling)|speak (?:then|soon)|talk (?:then|soon|next)|(?:offer|contract|price|invoice) (?:is|was|looks)|"
    r"entschuldig\w+ .{0,20}(?:späte|verspät)|war (?:ich )?(?:im urlaub|nicht im)|ihr angebot|können wir|"
    r"könnten sie|rufe sie|"
    r"je vous (?:r?appelle|envoie)|pouvons-nous|pouvez-vous|on peut|votre (?:offre|proposition)|"
    r"désolée? (?:pour|de)|scusa(?:te|mi)? (?:il|per)|possiamo|può|la (?:sua|vostra) (?:offerta|proposta)|"
    r"perdona|podemos|podría|su (?:oferta|propuesta)|desculp|sua proposta|kan vi|kunnen we|możemy|můžeme|можем|"
    r"давайте|next (?:week|month)|volgende week|nächste woche|semaine prochaine|(?:settimana prossima|"
    r"prossima settimana)|"
    r"próxima semana|nästa vecka|næste uge|neste uke|ensi viikolla|w przyszłym tygodniu|příští týden|jövő héten|"
    r"на следующей неделе)|посмотрю|гляну|перезвон|しておりました|申し訳|進めて|打ち合わせ|どうぞ進め|可以安排|"
    r"再谈|再說|合同|다녀와서|"
    r"обсуд|созвон|我们(?:讨论|下周)",
    _I,
)
QUESTION = re.compile(r"\w[^\n?]{0,200}\?(?:\s|$)")


# --- acknowledgements -------------------------------------------------------------------------------------------

ACKNOWLEDGED = re.compile(
    rf"{acknowledgement_words.RECEIVED}|"
    r"\b(?:(?:we|i) (?:have |'ve )?(?:just )?(?:successfully )?(?:received|registered|logged|got) (?:your|the|"
    r"a) |(?:your|a|the|this|new) (?:support |service |help ?desk )?(?:e-?mail|message|request|ticket|inquiry|"
    r"enquiry|case|issue|question|application|order|incident|submission|feedback|report)\b.{0,60}\b(?:has|have|"
    r"was|is) (?:been |now )?(?:successfully )?(?:received|created|opened|registered|logged|submitted|assigned|"
    r"forwarded|queued|raised|added)|"
    r"acknowledg(?:e|ing|ement|es) (?:the )?receipt|this (?:e-?mail|message) (?:is to )?(?:confirms?|"
    r"acknowledges?)|received your (?:e-?mail|message|request|inquiry|enquiry|application|ticket)|"
    r"in response to the creation of|"
    r"(?:due to|because of) the (?:\w+ )?(?:volume|number|amount) of (?:e-?mails?|messages|reports|requests|"
    r"enquiries|inquiries|submissions|mail)|(?:request|ticket|case) .{0,30}has been (?:solved|resolved|closed)|"
    r"(?:votre|le) (?:message|demande|e-?mail|courriel) a bien été (?:reçue?|transmise?|enregistrée?)|"
    r"ticket (?:number|id|#|reference)|case (?:number|id|reference)|"
    r"reference number|thank(?:s| you) for (?:contacting|getting in touch|reaching out|writing to|"
    r"your (?:inquiry|enquiry|request|application|submission|"
    r"order|interest))|"
    r"(?:wir haben )?ihre (?:anfrage|e-?mail|nachricht|mail|bewerbung|meldung) .{0,60}(?:erhalten|eingegangen|"
    r"erfasst|registriert)|ticket.?nummer|vorgangsnummer|eingangsbestätigung|"
    r"(?:nous avons bien reçu|avons bien reçu|bien reçu votre|votre (?:demande|message|ticket) (?:a|"
    r"est) (?:bien )?(?:été )?(?:reçue?|enregistrée?|créée?))|accusé de réception|numéro de (?:ticket|dossier|"
    r"demande)|"
    r"(?:hemos recibido (?:su|tu)|(?:su|tu) (?:solicitud|mensaje|consulta|ticket) (?:ha sido|fue|"
    r"se ha) (?:recibid|cread|registrad))|acuse de recibo|número de (?:ticket|caso)|"
    r"(?:recebemos (?:a )?(?:sua|seu|o seu)|(?:sua|seu) (?:solicitação|mensagem|chamado|"
    r"ticket) (?:foi) (?:recebid|criad|registrad|abert))|(?:abbiamo ricevuto (?:la|il|una)|la (?:sua|tua|"
    r"vostra) (?:richiesta|e-?mail|segnalazione) è stata (?:ricevuta|registrata|presa))|"
    r"(?:wij hebben (?:uw|je)|we hebben (?:uw|je)|uw (?:bericht|e-?mail|aanvraag|melding) (?:is|hebben|"
    r"in goede)).{0,40}(?:ontvangen|geregistreerd|orde)|ontvangstbevestiging|(?:vi har (?:mottagit|tagit emot|"
    r"mottatt|modtaget))|(?:viestisi|yhteydenottosi) on vastaanotettu|"
    r"(?:otrzymaliśmy|zgłoszenie (?:zostało|nr)|potwierdzamy (?:otrzymanie|przyjęcie))|(?:obdrželi jsme|"
    r"váš požadavek (?:byl|č))|megkaptuk|(?:ваш(?:е|а) (?:обращение|заявка|сообщение|письмо|"
    r"запрос) .{0,40}(?:принят|получен|зарегистрирован))|talebiniz (?:alınmıştır|oluşturul)|お問い合わせ(?:を|いただき|"
    r"ありがとう)|受け付け(?:ました|いたし)|已收到您的|접수되었습니다)",
    _I,
)
PROMISED = re.compile(
    rf"{acknowledgement_words.PROMISED}|"
    r"\b(?:aim to (?:respond|reply|answer)|will (?:get back|respond|reply|be in touch|shortly be in touch|"
    r"contact you|review|answer|follow up|be (?:responded|"
    r"answered|reviewed|processed|handled)) |(?:respond|reply|get back|response|answer).{0,40}(?:within|"
    r"in) (?:\d+|one|two|a few|the next) (?:business |working )?(?:hours?|days?)|as soon as possible|"
    r"do not (?:reply|respond) to this|please (?:do not reply|don't reply)|agents? will|"
    r"(?:may|can|will) not (?:be able to )?(?:receive|respond|reply|send|answer).{0,30}(?:individual|every|each|all)|"
    r"cannot (?:respond|reply) (?:individually|to (?:every|each|all))|we'?(?:'|’)ll (?:get back|be in touch|reply|"
    r"respond) |réponse vous sera|em breve|sous \d+ ?h(?:eures)?|(?:one|member) of our|our (?:team|staff|support)|"
    r"schnellstmöglich|so schnell wie möglich|in kürze|umgehend|dans les (?:plus brefs|meilleurs) délais|"
    r"lo antes posible|a la brevedad|o mais (?:breve|rápido)|al più presto|quanto prima|zo (?:snel|"
    r"spoedig) mogelijk|så snart (?:som )?(?:möjligt|mulig)|hurtigst muligt|mahdollisimman pian|jak najszybciej|"
    r"co nejdříve|hamarosan|mielőbb|în cel mai scurt timp|en kısa sürede|в ближайшее время)",
    _I,
)
# A number of ours in somebody's system: stronger than any other sign.
TICKETED = re.compile(
    r"\b(?:(?:opened|created|logged|raised) (?:an? |the )?(?:new |support )*(?:ticket|case)\b|"
    r"(?:ticket|case) (?:has|was) (?:now )?(?:been )?(?:opened|created|logged|raised)|(?:has|"
    r"have) been assigned (?:the )?(?:ticket|case|reference|number|id)|"
    r"your (?:case|ticket|reference|request|incident|tracking) (?:number|id|no\.?|#)? ?(?:is|:|has been)|"
    r"(?:ticket|case|reference|request) (?:number|id|no\.?)[: ]*#?\w*\d{3,}|do not (?:remove|change|"
    r"alter) (?:the )?(?:subject|ticket)|"
    r"(?:unter|mit) der (?:ticket|vorgangs|fall|bearbeitungs)-?nummer|sous le numéro|con el número|con il numero|"
    r"onder nummer)",
    _I,
)
CHALLENGE = re.compile(
    r"boxbe|spam ?arrest|mailblocks|tmda\b|challenge[/-]response|(?:verify|confirm|prove) (?:that )?(?:you are|"
    r"you're|yourself|"
    r"your (?:message|e-?mail|identity|address))|protect(?:ing|s)? (?:my(?:self)?|his|her|their|your|the) (?:self )?"
    r"(?:e-?mail |inbox |mailbox )?(?:in)?(?:box |account )?(?:against|from) (?:spam|junk|unwanted)|"
    r"one-time (?:request|verification|"
    r"confirmation)|(?:requires?|waiting for|needs?) (?:your )?(?:confirmation|verification|authentication)|"
    r"not a robot|(?:was |been |is )?(?:quarantined|waitlisted)|precisa de confirmação|"
    r"senders (?:that |whom )?i have approved|approved senders",
    _I,
)
# Services that do nothing but ask: their words count under any subject.
CHALLENGE_SERVICE = re.compile(
    r"boxbe|spam ?arrest|mailblocks|\btmda\b|antispam uol|protect (?:myself|himself|herself) against (?:receiving )?"
    r"(?:junk|spam)|allow incoming (?:messages|mail) only from|list of approved senders|sendio|"
    r"(?:click|follow|use) (?:on )?(?:the|this) link .{0,60}so (?:that )?(?:i|we|he|she) can receive|"
    r"(?:confirm|prove|verify) (?:to me )?(?:that )?you(?:['’]re| are) (?:not )?(?:an? )?(?:real )?(?:human|"
    r"person|robot|machine|spammer)",
    _I,
)
ACKNOWLEDGED_SUBJECT = re.compile(
    r"(?:ticket|request|case|message|e-?mail|inquiry|enquiry|application|"
    r"support request) (?:#?\S{1,20} )?(?:has been )?(?:received|created|opened|registered|confirmation|"
    r"acknowledg)|received:|\[request received\]|request received|we(?:'ve| have)? (?:received|got)|thank(?:s|"
    r" you) for (?:contacting|applying|submitting|your|getting|reaching|writing)|acknowledg(?:e|ement)|"
    r"confirmation of receipt|"
    r"receipt (?:confirmation|of your)|"
    r"eingangsbestätigung|empfangsbestätigung ihrer|ihre (?:anfrage|nachricht|bewerbung) (?:bei|ist|wurde|an)|"
    r"accusé de réception|votre demande|confirmación de recepción|acuse de recibo|hemos recibido|"
    r"conferma (?:di )?ricezione|presa in carico|ontvangstbevestiging|bekräftelse|bekræftelse|bekreftelse|"
    r"potwierdzenie|potvrzení|visszaigazolás|подтверждение получения|(?:обращение|заявка) (?:№|принят)|alındı|"
    r"受付(?:完了|確認)|受け付け",
    _I,
)
